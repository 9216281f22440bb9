"""What is booked: the catalogue, calendars, bookings, and the changes people asked for."""

from bookings.models.bookings import Booking, BookingItem, Kind, Presence, Status
from bookings.models.calendars import GroupEvent, TimeSlot, WorkingHours
from bookings.models.catalogue import Room, Service, ServiceCategory
from bookings.models.changes import Change
from bookings.models.segments import LastVisitRange, Segment, SegmentCount
from bookings.models.time_changes import TimeChange

__all__ = [
    "Booking",
    "BookingItem",
    "Change",
    "GroupEvent",
    "Kind",
    "LastVisitRange",
    "Presence",
    "Room",
    "Segment",
    "SegmentCount",
    "Service",
    "ServiceCategory",
    "Status",
    "TimeChange",
    "TimeSlot",
    "WorkingHours",
]
