"""Everything the reference left open, decided here and nowhere else.

Each entry of ASSUMPTIONS names the section of booxi-api.md (marked [ASSUME], [INFER] or NOT FOUND there) and, where
a value carries the decision, the constant below. Change the constant and the sandbox follows.
"""

from typing import NamedTuple

from integrations.sandbox.times import DAY, MINUTE


class Assumption(NamedTuple):
    """What was decided, where the reference leaves it open, and the name that carries it."""

    section: str
    decision: str
    constant: str | None = None


CANCELLED_IN_CALENDAR = False
CLIENT_ID_REQUIRED_ON_HISTORY = True
HISTORY_RANGE_MOST = 367 * DAY
CALENDAR_RANGE_MOST = 63 * DAY
SLOT_STEP = 15 * MINUTE
LATE_START_GRACE = 15 * MINUTE
BOOKING_AHEAD_MOST = 730 * DAY
BOOKING_LENGTH_MOST = DAY
TIME_SLOT_LENGTH_MOST = 31 * DAY
CLIENT_SEARCH_MOST = 50
TIME_SLOT_TAGS_MOST = 10
TIME_SLOT_TAGS_LENGTH_MOST = 100
PRIMARY_MODULE = "demo_crm"
MODULES = ("demo_crm", "demo_pos", "demo_hr")
DEFAULT_RULES = ("AttendeeCount", "Availability", "TimeConstraints", "ClientBlocked")
MERGED_STATUS = 308
RETENTION_DAYS = 365
WEBHOOK_SCHEME = "booxi"
WIDGET_CHANNEL = "BookNow"

ASSUMPTIONS = (
    Assumption("4", "A cursor page holds 50; `limit` is 20 by default and 100 at most.", "paging.CURSOR_PAGE"),
    Assumption("4", "A cursor replaces the whole query; one that was altered or moved is a 400."),
    Assumption("5", "History answers at most 366 days at a time; longer is a 400.", "HISTORY_RANGE_MOST"),
    Assumption("5", "Calendar and availability answer at most 62 days; longer is a 400.", "CALENDAR_RANGE_MOST"),
    Assumption("5", "`dow` 0 is Sunday; hours are `HH:MM` on the shop's wall; zones are IANA names."),
    Assumption("6.1", "GET /booking without clientId is a 400.", "CLIENT_ID_REQUIRED_ON_HISTORY"),
    Assumption("6.1", "GET /booking goes by startsOn, both ends included, ascending unless told otherwise."),
    Assumption("6.1", "GET /booking/{id} wraps the booking, POST and PUT answer it bare."),
    Assumption("6.1", "A new client needs first and last name, and an email or a phone number."),
    Assumption("6.1", "The external customer id of a booking's client is called `customerId`, as in the widget."),
    Assumption(
        "6.1",
        "PUT merges at the top and in `client`; `items`, when sent, replaces the list; null is 'unchanged'"
        " except in quickNote and client.additionalRequest, which it empties.",
    ),
    Assumption("6.1", "A PUT cannot give a booking to another client, nor edit the client's name or contact."),
    Assumption("6.1", "A group reservation accepts nothing but `status: Cancelled` by PUT."),
    Assumption("6.1", "Naming a staff member of another store is a 400; an id nobody has is a 404."),
    Assumption("6.1", "POST for a group event takes time, staff and service from the event."),
    Assumption(
        "6.2", "/calendar lists what overlaps from..to; cancelled appointments are not listed.", "CANCELLED_IN_CALENDAR"
    ),
    Assumption("6.2", "A request without a time (`isScheduled` false) or without staff is in no calendar."),
    Assumption("6.2", "Lists in a query: repeated key or commas, both are read."),
    Assumption("6.2", "A time slot lasts 31 days at most, and may be put over bookings.", "TIME_SLOT_LENGTH_MOST"),
    Assumption("6.2", "A time slot with `canModify` false cannot be deleted (ModificationNotAllowed)."),
    Assumption("6.7", "No client found is a 200 with empty arrays; at most 50 are given.", "CLIENT_SEARCH_MOST"),
    Assumption("6.7", "Search criteria must all hold; names and emails ignore case, phones ignore punctuation."),
    Assumption("6.7", "No moduleLink yet is a 404; PUT with an empty externalId removes the link."),
    Assumption("6.7", "A module the key is not authorized for is a 403.", "MODULES"),
    Assumption("6.7", "An externalId names one client of a clientele; a second one is InvalidExternalId."),
    Assumption("6.7", "Deleting a client with future bookings is a 409 without an `error` name."),
    Assumption(
        "6.7",
        "A merged client answers 308 with newClientId; bookings asked for by the old id, or made for it,"
        " are the new client's.",
        "MERGED_STATUS",
    ),
    Assumption("8", "Slots every 15 minutes of the clock, none in the past.", "SLOT_STEP"),
    Assumption("8", "A range asks for starts: a slot may begin at either end of it, and end after it."),
    Assumption("8", "ClientTimes services answer `bookingTimeRanges` of {startsOn, endsOn, staffIds}."),
    Assumption(
        "8",
        "Services in a row are done by one person, who offers all of them; the last busy spacing must be"
        " free of bookings but may run past closing time; a spacing between two services holds the person.",
    ),
    Assumption("8", "Free is: opening hours and shift, plus Available slots, less bookings, group events, Busy slots."),
    Assumption("8", "A pending request with a time and a person holds that time."),
    Assumption("9", "A start up to 15 minutes ago may still be booked; earlier is TimeTooEarly.", "LATE_START_GRACE"),
    Assumption("9", "More than two years ahead is TimeTooLate.", "BOOKING_AHEAD_MOST"),
    Assumption(
        "9",
        "A booking has passed when its end has: time, staff, services, request and status then refuse;"
        " presence, completion and the staff's note do not.",
    ),
    Assumption("9", "A completed booking refuses every change without ignoreError=BookingIsCompleted."),
    Assumption("9", "Arrived and NoShow only on the booking's own day in its shop (BookingNotToday)."),
    Assumption("9", "Completing without presence Arrived is a 400; so is a status move the table does not have."),
    Assumption(
        "9", "Presence or completion before approval, and approval without a person or a time, are BookingNotScheduled."
    ),
    Assumption(
        "9",
        "Cancelling or moving in time a booking whose client has arrived, or did not show, is"
        " ClientPresenceArrived or ClientPresenceNoShow: set presence back first.",
    ),
    Assumption("9", "A booking cancelled by staff can be approved again, if the time is still free."),
    Assumption("11", "Without `rules` every rule is checked; `rules` names the ones to check.", "DEFAULT_RULES"),
    Assumption(
        "11",
        "A staff member who is not free, not at work, has no calendar, or does not offer the service is"
        " StaffNotAvailable; ignoreError=StaffNotAvailable books all the same, even over another booking.",
    ),
    Assumption("11", "A blocked client is ClientStatus, on creation."),
    Assumption("11", "`code` mirrors the HTTP status; conflicts are 409."),
    Assumption("3", "A refused call (401, 429) does not use up quota; a 400 uses two. No Retry-After is sent."),
    Assumption("2", "The wrong kind of key, or a key for another store, is a 403; a missing or unknown one a 401."),
    Assumption("2", "An object of another store asked for with a merchant key is a 404."),
    Assumption("13", "An anonymized client keeps its id and loses names, contacts, links, notes and requests."),
    Assumption(
        "12", "`Booxi-Signature: t=<unix>,v1=<hex HMAC-SHA256 of t.body>`, as of the try's time.", "WEBHOOK_SCHEME"
    ),
    Assumption("12", "A listener answers any 2xx within five seconds, or is tried again.", "webhooks.sender.PATIENCE"),
    Assumption(
        "12",
        "Tries are repeated after seconds, then minutes, nine times in all; a redirect is no answer.",
        "webhooks.outbox.BACK_OFF",
    ),
    Assumption("12", "Events about one booking, or one client, are sent in order; others overtake freely."),
    Assumption(
        "12",
        "Names: appointment.created and .updated, reservation.created and .updated (cancelling is an update),"
        " client.created, .updated, .deleted, .merged, client.consent.",
    ),
    Assumption("12", "An event carries the booking, or the client, as the API would give it at that moment."),
    Assumption("12", "One write is one event for each thing it touched, with its last state."),
    Assumption("12", "client.merged says clientId and newClientId, and shows the surviving client."),
    Assumption("12", "client.deleted says clientId, and shows nothing but the id."),
    Assumption(
        "12",
        "client.consent says `consent` {clientId, granted, source, changedOn}; where a client was asked, every event"
        " about her or her bookings has it in `consents`.",
    ),
    Assumption("12", "A moduleLink that is set or removed is no event; the next one about the client shows it."),
    Assumption("12", "Services, staff, stores, schedules and time slots have no events."),
    Assumption("13", "The widget books nothing without consent to privacy policy and terms."),
    Assumption("13", "Bookings of the widget are createdBy Client, with this acquisitionChannel.", "WIDGET_CHANNEL"),
    Assumption("10", "The widget gives 'anyone' to the person with the fewest bookings that day, then by order."),
)
