"""What a marketing tool asks a booking system about clients, and what becomes of it here: one table.

The attributes are those of Referrizer's table for Booker (booker-integration-referrizer.txt), the fields those of
booker-api.md sections 7 and 9. Whatever Booker can give is available, also what that table calls "N/A".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Direction(models.TextChoices):
    IN = "in", _("from Booker")
    BOTH = "both", _("both ways")


class Have(models.TextChoices):
    YES = "yes", _("available")
    NO = "no", _("Booker has no field for it")


@dataclass(frozen=True, slots=True)
class Attribute:
    """`source`: Booker's field, or how it is reckoned. `kept`: the model and field here; "" where Booker has none."""

    name: Any
    source: Any
    kept: str
    direction: Direction = Direction.IN

    @property
    def have(self) -> Have:
        return Have.YES if self.kept else Have.NO


def _both(name: Any, source: str, kept: str) -> Attribute:
    """Names and ways to reach her are sent to Booker too (section 5.2); what else it tells of her is only read."""
    return Attribute(name, source, kept, Direction.BOTH)


APPOINTMENTS = _("Appointments that were neither cancelled nor missed, and are past")
BENEFITS = "Customer.AvailableMembershipBenefits[]"

TABLE: tuple[tuple[Any, tuple[Attribute, ...]], ...] = (
    (
        _("Contacts"),
        (
            _both(_("First name"), "Customer.FirstName", "Client.first_name"),
            _both(_("Last name"), "Customer.LastName", "Client.last_name"),
            _both(_("Phone"), "Customer.CellPhone, HomePhone, WorkPhone", "Client.mobile_phone"),
            _both(_("E-mail"), "Customer.Email", "Client.email"),
            Attribute(_("Street"), "Customer.Address.Street1, Street2", "ClientProfile.street"),
            Attribute(_("City"), "Customer.Address.City", "ClientProfile.city"),
            Attribute(_("State"), "Customer.Address.State", "ClientProfile.region"),
            Attribute(_("Postcode"), "Customer.Address.Zip", "ClientProfile.postcode"),
            Attribute(_("Country"), "Customer.Address.Country.Name", "ClientProfile.country"),
            Attribute(_("Gender"), "Customer.Gender.Name", "ClientProfile.gender"),
            Attribute(_("Birthday"), "Customer.DateOfBirth", "ClientProfile.born_on"),
        ),
    ),
    (
        _("Subscriptions"),
        (
            Attribute(_("Takes e-mail"), "Customer.AllowReceiveEmails", "ClientProfile.takes_email"),
            Attribute(
                _("Takes offers by e-mail"),
                "Customer.AllowReceivePromotionalEmails",
                "ClientProfile.takes_promotional_email",
            ),
            Attribute(_("Takes text messages"), "Customer.AllowReceiveSMS", "ClientProfile.takes_sms"),
        ),
    ),
    (
        _("Visits and bookings"),
        (
            Attribute(_("Number of visits"), APPOINTMENTS, "Booking.presence"),
            Attribute(_("Check-ins"), "Appointment.DateCheckIn, IsCheckedInInService", "Booking.presence"),
            Attribute(_("Last visit"), "Customer.CustomerStats.DateOfLastVisit, Appointment", "Booking.starts_at"),
            Attribute(_("Appointments"), "Appointment", "Booking.status"),
            Attribute(_("Services"), "Appointment.AppointmentTreatments[].Treatment", "BookingItem.service"),
            Attribute(_("Classes"), "Appointment.Treatment.IsClass", "Booking.group_event"),
            Attribute(_("Last booking, name"), "Appointment.TreatmentName", "BookingItem.name"),
            Attribute(_("Last booking, date"), "Appointment.DateBooked", "Booking.booked_at"),
            Attribute(_("Last purchase, item"), "Order.Items", "ClientProfile.last_purchase_item"),
            Attribute(_("Last purchase, date"), "Order.DatePaid, DateCompleted", "ClientProfile.last_purchase_at"),
            Attribute(_("Spent in all"), "Customer.CustomerStats.TotalSales", "ClientProfile.spent"),
            Attribute(_("Referred by"), "Customer.ReferredByCustomerID", "ClientProfile.referred_by"),
        ),
    ),
    (
        _("Membership"),
        (
            Attribute(_("Member, yes or no"), "Customer.HasActiveMembership", "ClientProfile.is_member"),
            Attribute(_("Was a member"), "Customer.HasPastMembership", "ClientProfile.was_member"),
            Attribute(_("Contract, name"), f"{BENEFITS}.MembershipName, LevelName", "Membership.name"),
            Attribute(_("Contract, start"), f"{BENEFITS}.StartDate", "Membership.starts_on"),
            Attribute(_("Contract, expiry"), f"{BENEFITS}.MembershipExpirationDate", "Membership.expires_on"),
            Attribute(_("Contract, ended"), f"{BENEFITS}.Status, IsExpired, SuspendDate", "Membership.is_expired"),
            Attribute(_("Comments on the membership"), "", ""),
        ),
    ),
    (
        _("Where she comes from"),
        (
            Attribute(_("Input source"), "Customer.OriginationID", "ClientProfile.input_source"),
            Attribute(_("Referral type"), "", ""),
            Attribute(_("Tags"), "", ""),
        ),
    ),
)


def numbers() -> tuple[int, int]:
    """How many are available, and how many there are."""
    rows = [attribute for _title, attributes in TABLE for attribute in attributes]
    return sum(attribute.have == Have.YES for attribute in rows), len(rows)
