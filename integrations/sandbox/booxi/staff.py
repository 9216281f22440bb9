"""The people of a store (section 6.4)."""

from typing import Any

from integrations.sandbox.booxi import listing, lookup, shapes
from integrations.sandbox.booxi.keys import MERCHANT, PARTNER
from integrations.sandbox.http import Call, Reply, Route
from integrations.sandbox.paging import offset_page
from integrations.sandbox.reading import query_whole

SELECT = "SELECT staff.* FROM staff"


def online(call: Call) -> Reply:
    """GET /staff: who can be booked online and has a calendar, optionally for one service."""
    conditions = "merchant_id = :merchant AND status = 'Online' AND has_calendar"
    values: dict[str, Any] = {"merchant": call.caller.merchant_id}
    if (service_id := query_whole(call.args, "serviceId")) is not None:
        conditions += " AND id IN (SELECT staff_id FROM staff_service WHERE service_id = :service)"
        values["service"] = service_id
    rows = call.db.execute(f"{SELECT} WHERE {conditions} ORDER BY id", values).fetchall()
    return offset_page(call, rows, shape=shapes.staff_short)


def listed(call: Call) -> Reply:
    """GET /staff/list: everybody, whatever their status."""
    return listing.answer(
        call,
        kind="staff",
        select=SELECT,
        name="staffs",
        shape=shapes.staff,
        filters=(
            listing.Filter("merchantId", "staff.merchant_id = :merchantId", whole=True),
            listing.Filter("firstName", "staff.first_name = :firstName COLLATE NOCASE"),
            listing.Filter("lastName", "staff.last_name = :lastName COLLATE NOCASE"),
            listing.Filter("communicationEmail", "staff.login_email = :communicationEmail COLLATE NOCASE"),
            listing.Filter("loginEmail", "staff.login_email = :loginEmail COLLATE NOCASE"),
            listing.Filter("status", "staff.status = :status", allowed=("Online", "Offline")),
            listing.Filter("personnelType", ":personnelType = 'User'", allowed=("User", "Standard")),
        ),
    )


def show(call: Call, staff_id: int) -> Reply:
    return Reply(body=shapes.staff(lookup.own(call, "staff", staff_id)))


ROUTES = (
    Route(method="GET", path="/staff", answer=online, key=MERCHANT),
    Route(method="GET", path="/staff/list", answer=listed, key=PARTNER),
    Route(method="GET", path="/staff/<id:staff_id>", answer=show, key=PARTNER),
)
