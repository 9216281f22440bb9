"""Extra availability and busy times on a person's calendar (section 6.2)."""

from integrations.sandbox.booxi import lookup, shapes
from integrations.sandbox.booxi.assumptions import (
    CALENDAR_RANGE_MOST,
    TIME_SLOT_LENGTH_MOST,
    TIME_SLOT_TAGS_LENGTH_MOST,
    TIME_SLOT_TAGS_MOST,
)
from integrations.sandbox.booxi.keys import PARTNER
from integrations.sandbox.booxi.spans import query_span
from integrations.sandbox.http import Call, Refusal, Reply, Route
from integrations.sandbox.paging import CURSOR_PAGE, page_of, place_of
from integrations.sandbox.reading import (
    Body,
    bad,
    choice,
    json_object,
    query_choice,
    query_required_whole,
    query_text,
    required_moment,
    required_whole,
    text,
    whole,
)

TYPES = ("Available", "Busy")


def listed(call: Call) -> Reply:
    place = place_of(call)
    staff = lookup.own(call, "staff", query_required_whole(place.args, "staffId"))
    start, end = query_span(place.args, most=CALENDAR_RANGE_MOST)
    values = {"staff": staff["id"], "start": start, "end": end, "type": query_choice(place.args, "type", TYPES)}
    values |= {"tag": query_text(place.args, "availabilityTags"), "most": CURSOR_PAGE + 1}
    values |= dict(zip(("after", "after_id"), place.after or (-(2**60), 0), strict=True))
    rows = call.db.execute(
        "SELECT * FROM time_slot WHERE staff_id = :staff AND starts_at <= :end AND ends_at > :start"
        " AND (:type IS NULL OR type = :type)"
        " AND (:tag IS NULL OR ',' || availability_tags || ',' LIKE '%,' || :tag || ',%')"
        " AND (starts_at, id) > (:after, :after_id) ORDER BY starts_at, id LIMIT :most",
        values,
    ).fetchall()
    page = page_of(place, rows, key=lambda row: (row["starts_at"], row["id"]))
    return page.reply({"timeSlots": [shapes.time_slot(row) for row in page.rows]})


def create(call: Call) -> Reply:
    body = json_object(call.request)
    staff = lookup.own(call, "staff", required_whole(body, "staffId"))
    if (merchant_id := whole(body, "merchantId")) not in (None, staff["merchant_id"]):
        bad(f"The staff does not belong to merchant {merchant_id}.")
    if not staff["has_calendar"]:
        raise Refusal(409, "The staff has no calendar.", error="StaffWithoutCalendar")
    start, end = required_moment(body, "start"), required_moment(body, "end")
    if not 0 < end - start <= TIME_SLOT_LENGTH_MOST:
        bad("end must come after start, by 31 days at most.")
    kind = choice(body, "type", TYPES) or bad("type is required.")
    description = text(body, "description", most=1000) or ""
    made = call.db.execute(
        "INSERT INTO time_slot (merchant_id, staff_id, type, starts_at, ends_at, can_modify, description, label,"
        " availability_tags) VALUES (?, ?, ?, ?, ?, 1, ?, '', ?)",
        (staff["merchant_id"], staff["id"], kind, start, end, description, _tags(body)),
    )
    return Reply(body={"timeSlot": shapes.time_slot(lookup.known(call.db, "time_slot", made.lastrowid or 0))})


def _tags(body: Body) -> str:
    tags = text(body, "availabilityTags", most=TIME_SLOT_TAGS_LENGTH_MOST) or ""
    names = [name.strip() for name in tags.split(",") if name.strip()]
    if len(names) > TIME_SLOT_TAGS_MOST:
        bad(f"availabilityTags has more than {TIME_SLOT_TAGS_MOST} tags.")
    return ",".join(names)


def show(call: Call, slot_id: int) -> Reply:
    return Reply(body={"timeSlot": shapes.time_slot(lookup.own(call, "time_slot", slot_id))})


def delete(call: Call, slot_id: int) -> Reply:
    slot = lookup.own(call, "time_slot", slot_id)
    if not slot["can_modify"]:
        raise Refusal(409, "The time slot comes from another calendar.", error="ModificationNotAllowed")
    call.db.execute("DELETE FROM time_slot WHERE id = ?", (slot_id,))
    return Reply(body={"timeSlot": shapes.time_slot(slot)})


ROUTES = (
    Route(method="GET", path="/timeSlot", answer=listed, key=PARTNER),
    Route(method="POST", path="/timeSlot", answer=create, key=PARTNER, writes=True),
    Route(method="GET", path="/timeSlot/<id:slot_id>", answer=show, key=PARTNER),
    Route(method="DELETE", path="/timeSlot/<id:slot_id>", answer=delete, key=PARTNER, writes=True),
)
