"""Everything the reference left open, decided here and nowhere else.

Each entry of ASSUMPTIONS names the section of booker-api.md (marked A or NOT FOUND there) and, where a value carries
the decision, the constant below. Change the constant and the sandbox follows.
"""

from typing import NamedTuple

from integrations.sandbox.times import DAY, HOUR, MINUTE


class Assumption(NamedTuple):
    """What was decided, where the reference leaves it open, and the name that carries it."""

    section: str
    decision: str
    constant: str | None = None


TOKEN_SECONDS = 30 * MINUTE
CODE_SECONDS = 5 * MINUTE
REDIRECT_HOSTS = ("127.0.0.1", "localhost", "testserver")  # the last is what Django's test client calls itself
REFRESH_TOKEN_SECONDS = 30 * DAY
PAGE_SIZE_DEFAULT = 10
PAGE_SIZE_MOST = 100
UNPAGED_MOST = 10_000
GRID_MINUTES = 15
MERCHANT_SCOPES = frozenset({"merchant", "internal"})
CUSTOMER_SCOPES = frozenset({"customer", "public"}) | MERCHANT_SCOPES

OK = 0
DUPLICATE_CLIENT = 13
ARGUMENTS = 200
TOKEN = 1000
NOT_FOUND = 404
NOT_ALLOWED = 403
EMPLOYEE_TAKEN = 300
ROOM_UNAVAILABLE = 301
CANNOT_CHANGE = 302
RULE_BROKEN = 303
CLASS_FULL = 304
NOT_KNOWN = 501
NO_LOCATION = 1001

STATUS_IDS = {"Booked": 2, "Confirmed": 3, "Checked In": 4, "Completed": 5, "No Show": 7, "Cancelled": 6}
SOURCE_IDS = {"Front desk": 1, "Online booking": 2}
USER_TYPES = {"brand": 1, "location": 2}
ORDER_STATUS_IDS = {"Open": 1, "Paid": 2, "Refunded": 3}
GENDER_IDS = {"Female": 1, "Male": 2, "Unspecified": 3}
ORIGINATION_IDS = {"Front desk": 1, "Online booking": 2, "API": 3}
RECORD_TYPES: dict[object, str] = {1: "Customer", 2: "Lead", 3: "All"}

NOTICE_LEAST = 2 * HOUR
AHEAD_MOST = 180 * DAY
CANCELLATION_NOTICE = 24 * HOUR
AVAILABILITY_DAYS_MOST = 31
TREATMENTS_MOST = 10
HOLD_SECONDS = 10 * MINUTE
SERIES_SECONDS = 365 * DAY
TAX_PERCENT = 8

WEBHOOK_SCHEME = "hmac_base64"

ASSUMPTIONS = (
    Assumption("2.1", "An access token is valid for 1800 seconds.", "TOKEN_SECONDS"),
    Assumption("2.1", "An authorization code is valid for five minutes, and once.", "CODE_SECONDS"),
    Assumption("2.1", "The client may be sent back to these hosts, by http alone.", "REDIRECT_HOSTS"),
    Assumption("2.1", "A refresh token is valid for thirty days, and once; using it again is invalid_grant.",
               "REFRESH_TOKEN_SECONDS"),
    Assumption("2.1", "A refresh token is given by the authorization code with offline_access, and by a refresh."),
    Assumption("2.1", "A personal access token that is sent as the portal shows it (URL-encoded) is not known."),
    Assumption("2.1", "The claim user_type is a number (R3 reads one).", "USER_TYPES"),
    Assumption("2.1", "The claim `scope` is one text, its scopes separated by spaces; `location_id` is a number."),
    Assumption("2.1", "/v4.1/merchant wants one of these scopes.", "MERCHANT_SCOPES"),
    Assumption("2.1", "/v4.1/customer and availability want one of these scopes.", "CUSTOMER_SCOPES"),
    Assumption("2.1", "A client's login answers HTTP 200 always; `error` is null, or says why there is no token."),
    Assumption("2.1", "A client's own token may ask for whatever the customer side answers; logging out ends nothing."),
    Assumption("2.1", "No mail is sent for a forgotten password, so that no key to reset it is known."),
    Assumption("2.1", "v4's accountlogin answers as a client's login does; a user of the brand names a location."),
    Assumption("2.2", "context/update without locationId, or for a location of another brand or user, is a 403."),
    Assumption("2.2", "A brand's token without a location reads locations and brands; the rest fails.", "NO_LOCATION"),
    Assumption("2.2", "A location's token that asks for another location fails.", "NOT_ALLOWED"),
    Assumption("2.3", "Where body, query and header bring different tokens the first of them counts."),
    Assumption("2.3", "A subscription may cover one product, or all of them; /v5/auth takes any."),
    Assumption("2.3", "The customer product's key opens availability, too, as clients with a single key expect."),
    Assumption("3.1", "A whole number where a text belongs is its digits, as two clients send phone numbers."),
    Assumption("3.1", "Whatever follows the object in a body is not read."),
    Assumption("3.1", "Gateway refusals are {statusCode, message}."),
    Assumption("3.1", "A token that has expired is answered ErrorCode 1000 in v4.1, and 401 in v5.", "TOKEN"),
    Assumption("3.1", "13 is a taken e-mail, when a client is created with or without a login.", "DUPLICATE_CLIENT"),
    Assumption("3.1", "Nothing with that id is this ErrorCode, with HTTP 200.", "NOT_FOUND"),
    Assumption("3.1", "An employee who has something else to do is this ErrorCode.", "EMPLOYEE_TAKEN"),
    Assumption("3.1", "A room that does not host the treatment, or is taken, is this ErrorCode.", "ROOM_UNAVAILABLE"),
    Assumption("3.1", "A cancelled, no-show or completed appointment cannot be changed.", "CANNOT_CHANGE"),
    Assumption("3.1", "A booking rule of the location that the customer side enforces.", "RULE_BROKEN"),
    Assumption("3.1", "An operation whose answer no source tells is this ErrorCode.", "NOT_KNOWN"),
    Assumption("3.1", "A class without a place left is this ErrorCode.", "CLASS_FULL"),
    Assumption("4", "Page 0 is the first page."),
    Assumption("4", "Pages hold 10 unless told, and never more than 100.", "PAGE_SIZE_MOST"),
    Assumption("4", "Without paging everything is answered, up to this many.", "UNPAGED_MOST"),
    Assumption("4", "SortDirection 1 or `Descending` is descending; an unknown field sorts by id."),
    Assumption("4", "Windows include both ends; without an order lists go by id."),
    Assumption("5.1", "Without FilterByExactLocationID the clients of the whole brand are searched."),
    Assumption("5.1", "CustomerRecordType 2 is Lead and 3 is All; without it customers are found.", "RECORD_TYPES"),
    Assumption("5.1", "Phone finds any of the three numbers by its ten digits; texts ignore case."),
    Assumption("5.1", "FindCustomers tells neither Notes, CustomerStats nor memberships; GetCustomer does."),
    Assumption("5.1", "A deleted client is in no answer any more; one to be forgotten is, and says so."),
    Assumption("5.1", "A dated schedule has `Date` and `DateOffset`; closed days are left out."),
    Assumption("5.1", "OnlineBookingSettings and FeatureSettings hold R1's fields, and the rules that are enforced."),
    Assumption("5.1", "Who asks for only classes and for none at once (a public PHP client) is told of no classes."),
    Assumption("5.1", "Products come as `Results`; memberships and specials too."),
    Assumption("5.1", "v4.1 has treatment_categories and treatment_subcategories: LookupOptions, as brands are."),
    Assumption("5.1", "Class sessions come as `Results`, with the fields of R1's ClassInstance."),
    Assumption("5.1", "A class is a treatment, too; it is in FindTreatments, and bookable as a class alone."),
    Assumption("5.1", "server_information tells ServerTimeZoneOffset in hours."),
    Assumption("5.1", "Without AppointmentStatusID appointments of every status are found, cancelled ones too."),
    Assumption("5.1", "Series come as `Results`; what is bought is good for a year.", "SERIES_SECONDS"),
    Assumption("5.1", "v4.1 has a family /booking for the customer side's calls, where treatments are services."),
    Assumption("5.1", "locations/partial and locations/geoaware answer as locations does."),
    Assumption("5.1", "creditcard_types are LookupOptions; their ids are those a client of v4 sends."),
    Assumption("5.2", "A client is created on the merchant side at /v4.1/merchant/customer, with the same body."),
    Assumption("5.2", "The merchant side's PUT empties e-mail and phones that are not sent; all else stays."),
    Assumption("5.2", "The customer side's PUT keeps what is not sent."),
    Assumption("5.2", "PUT appointment keeps notes, customer and treatments that are not sent."),
    Assumption("5.2", "Cancelling what is cancelled is fine, and changes nothing."),
    Assumption("5.2", "The merchant side books outside of shifts and opening hours, never two things at once."),
    Assumption("5.2", "A hold tells its id as IncompleteAppointmentID, and as the ID of an Appointment that is held."),
    Assumption("5.2", "A hold lapses after ten minutes, and takes the time from everybody until then.", "HOLD_SECONDS"),
    Assumption("5.2", "A place in a class is an appointment with its treatment, teacher and room."),
    Assumption("5.2", "The customer side wants two hours' notice, and half a year at most.", "NOTICE_LEAST"),
    Assumption("5.2", "The customer side cancels until a day before.", "CANCELLATION_NOTICE"),
    Assumption("5.2", "Nobody has cards; whatever no route names is a 404 of the gateway, and of v4 an error 501."),
    Assumption("5.2", "What quantity_in_stock, add_special, POST user, ccwidget/auth, itinerary/create, totalcost and"
               " the gift certificates answer is not known: error 501."),
    Assumption("5.2", "An order is Paid when its payments reach its total; placing or closing it completes it."),
    Assumption("5.2", "Orders are taxed at this rate, everywhere.", "TAX_PERCENT"),
    Assumption("5.2", "A deposit is nothing: no treatment asks for one."),
    Assumption("5.2", "A special answers `Special` when it is made; no price changes by it."),
    Assumption("5.2", "Nobody's card is charged for a series, a membership or an appointment."),
    Assumption("5.2", "Check-in and no-show exist at the front desk only, not as calls."),
    Assumption("5.3", "Starts lie on a grid of 15 minutes, reckoned from the full hour.", "GRID_MINUTES"),
    Assumption("5.3", "Employees of a block are their ids; all of a block can do each of its starts."),
    Assumption("5.3", "AvailableDates are midnights of the location, with offset; both days asked for are whole."),
    Assumption("5.3", "A token without a location (a client's) sees what is online, two hours ahead or more."),
    Assumption("5.3", "Without IncludeFreelancers freelancers are in; with false they are not."),
    Assumption("5.3", "Days asked for beyond 31 are not answered.", "AVAILABILITY_DAYS_MOST"),
    Assumption("5.3", "Treatments of an itinerary follow each other without a pause, in the order asked for."),
    Assumption("5.3", "The items of R11's dialect are {serviceId or treatmentId, employeeId}."),
    Assumption("5.3", "v4.1 has /customer/availability/multiservice and /merchant/availability/employee_room."),
    Assumption("5.3", "availability/service, multispa and multispamultisubcategory answer R1's search items as"
               " `Results`; each location of the brand is near."),
    Assumption("5.4", "A booking without RoomID gets a free room that hosts the treatment; likewise EmployeeID."),
    Assumption("5.4", "A booking without EndTime lasts as long as the treatment does."),
    Assumption("5.4", "A booking holds ten treatments at most.", "TREATMENTS_MOST"),
    Assumption("6", "Offset dates of v4.1 want seconds and a numeric offset; `Z` is an argument error."),
    Assumption("6", "v5 reads times with an offset, with `Z`, or without: then on the clock of the location."),
    Assumption("6", "A window without LocationID is read on the clock of the token's location, else Eastern."),
    Assumption("7", "Ids of statuses; 2 booked, 3 confirmed, 5 completed and 6 cancelled are what clients send.",
               "STATUS_IDS"),
    Assumption("7", "Ids of the sources of appointments, which are lookups as in R1's model.", "SOURCE_IDS"),
    Assumption("7", "Ids of genders.", "GENDER_IDS"),
    Assumption("7", "Ids of originations.", "ORIGINATION_IDS"),
    Assumption("7", "Order items and refunds are as the reference proposes."),
    Assumption("8", "GET /merchant/employee/{id}/schedule answers EmployeeDaySchedules."),
    Assumption("8", "GET /merchant/customer/{id}/memberships answers Results, expired ones when includeExpired."),
    Assumption("10", "`X-Signature` is the base64 of HMAC-SHA256 over the raw body.", "WEBHOOK_SCHEME"),
    Assumption("10", "Events: appointment.created, updated, cancelled, confirmed; customer.created, updated."),
    Assumption("10", "One write is one event for each thing it touched; a deleted client is no event."),
    Assumption("11", "There is no limit but the one that chaos sets; a 429 says nothing of when to return."),
)  # fmt: skip
