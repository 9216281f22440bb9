from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from bookings import tasks
from bookings.gateway import Reason, Refused, Unavailable
from bookings.models import TimeChange, TimeSlot
from clienteling.models import AuditEntry, Deed, Role, StaffMember
from tests.gateways import StillGateway
from tests.people import NOW, Shop, make_booking

pytestmark = pytest.mark.usefixtures("clock", "still_gateway")


def asked(shop: Shop, **fields: Any) -> dict[str, Any]:
    return {
        "reference": str(uuid.uuid4()),
        "staff": shop.ana.pk,
        "kind": "busy",
        "day": "2026-05-07",
        "start": "12:00",
        "end": "13:00",
        "label": "Training",
    } | fields


def make_slot(shop: Shop, **fields: Any) -> TimeSlot:
    start = NOW + dt.timedelta(days=1, hours=2)
    values = {"store": shop.store, "staff": shop.ana, "kind": "busy", "label": "Lunch", "remote_id": "612"}
    values |= {"starts_at": start, "ends_at": start + dt.timedelta(hours=1)}
    return TimeSlot.objects.create(**values | fields)


def test_a_manager_blocks_time_of_somebody_and_it_stands_in_the_calendar(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.marc)
    page = browser.get(f"/time/new/?staff={shop.ana.pk}&day=2026-05-07&start=12:00")
    assert page.context["form"].initial["staff"] == shop.ana.pk
    answer = browser.post("/time/new/", asked(shop), follow=True)
    assert answer.redirect_chain[-1][0] == f"/calendar/{shop.ana.pk}/?day=2026-05-07"
    assert "is in the calendar of Ana Roy" in answer.content.decode()
    slot = TimeSlot.objects.get()
    assert (slot.is_accepted, slot.label, slot.staff) == (True, "Training", shop.ana)
    entry = AuditEntry.objects.get(deed=Deed.TIME_CHANGED)
    assert (entry.user, entry.store, entry.detail) == (shop.marc.user, shop.store, {"kind": "add"})
    assert f'href="/time/{slot.pk}/"' in answer.content.decode()


def test_the_same_form_sent_twice_blocks_once(shop: Shop, browser_of: Any) -> None:
    browser, form = browser_of(shop.marc), asked(shop)
    for _ in range(2):
        assert browser.post("/time/new/", form).status_code == 302
    assert TimeSlot.objects.count() == TimeChange.objects.count() == 1


def test_repeated_time_is_one_series_and_its_rest_can_be_removed(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.marc)
    browser.post("/time/new/", asked(shop, until="2026-05-11"))
    slots = list(TimeSlot.objects.order_by("starts_at"))
    assert len(slots) == 5
    assert len({slot.series for slot in slots}) == 1
    answer = browser.post(f"/time/{slots[2].pk}/remove/", {"which": "later"}, follow=True)
    assert "3 times are removed" in answer.content.decode()
    assert list(TimeSlot.objects.order_by("starts_at")) == slots[:2]


def test_appointments_in_the_way_are_shown_first(shop: Shop, browser_of: Any) -> None:
    make_booking(shop.ana, shop.lea, NOW + dt.timedelta(days=1, hours=2), [shop.styling])
    browser = browser_of(shop.marc)
    page = browser.post("/time/new/", asked(shop))
    assert page.status_code == 422
    assert "1 appointment stands in that time" in page.content.decode()
    assert not TimeSlot.objects.exists()
    assert browser.post("/time/new/", asked(shop, anyway="on")).status_code == 302
    assert TimeSlot.objects.exists()


def test_a_change_puts_another_in_its_place(shop: Shop, browser_of: Any) -> None:
    slot = make_slot(shop)
    browser = browser_of(shop.marc)
    assert "Lunch" in browser.get(f"/time/{slot.pk}/").content.decode()
    browser.post(f"/time/{slot.pk}/", asked(shop, label="Longer lunch", end="14:00"))
    only = TimeSlot.objects.get()
    assert (only.label, only.ends_at - only.starts_at) == ("Longer lunch", dt.timedelta(hours=2))
    change = TimeChange.objects.get()
    assert (change.kind, change.removes) == (TimeChange.Kind.ADD, "612")


def test_refused_time_goes_and_says_why(shop: Shop, browser_of: Any) -> None:
    StillGateway.error = Refused(Reason.NO_CALENDAR)
    answer = browser_of(shop.marc).post("/time/new/", asked(shop), follow=True)
    assert "no calendar in the booking system" in answer.content.decode()
    assert not TimeSlot.objects.exists()
    assert TimeChange.objects.get().state == TimeChange.State.REFUSED


def test_without_an_answer_it_is_not_confirmed_yet_and_follows_by_itself(
    shop: Shop, browser_of: Any, clock: Any
) -> None:
    StillGateway.error = Unavailable("no answer")
    browser = browser_of(shop.marc)
    page = browser.post("/time/new/", asked(shop), follow=True).content.decode()
    assert "not confirmed yet" in page
    assert "Training" in page, "it stands in the calendar already, as what it is"
    slot = TimeSlot.objects.get()
    assert "Not confirmed yet" in browser.get(f"/time/{slot.pk}/").content.decode()
    assert "Time not confirmed yet: Ana Roy" in browser.get("/").content.decode()

    StillGateway.error = None
    clock.shift(dt.timedelta(minutes=1))
    tasks.send_due_changes()
    slot.refresh_from_db()
    assert slot.is_accepted
    assert TimeChange.objects.get().state == TimeChange.State.DONE


def test_a_refusal_that_comes_later_is_told_on_today_until_put_aside(shop: Shop, browser_of: Any, clock: Any) -> None:
    StillGateway.error = Unavailable("no answer")
    browser = browser_of(shop.marc)
    browser.post("/time/new/", asked(shop))
    StillGateway.error = Refused(Reason.NO_CALENDAR)
    clock.shift(dt.timedelta(minutes=1))
    tasks.send_due_changes()
    change = TimeChange.objects.get()
    assert "Not entered: Ana Roy" in browser.get("/").content.decode()
    assert browser.post(f"/time/changes/{change.pk}/dismiss/").status_code == 302
    assert "Not entered" not in browser.get("/").content.decode()


def test_what_is_being_changed_is_changed_by_nobody_else(shop: Shop, browser_of: Any) -> None:
    slot = make_slot(shop)
    TimeChange.begin(
        kind="remove", staff=shop.ana, slot=slot, removes="612", starts_at=slot.starts_at, ends_at=slot.ends_at
    )
    browser = browser_of(shop.marc)
    assert "on its way" in browser.get(f"/time/{slot.pk}/").content.decode()
    for path, form in ((f"/time/{slot.pk}/", asked(shop)), (f"/time/{slot.pk}/remove/", {"which": "one"})):
        answer = browser.post(path, form, follow=True)
        assert "Somebody is changing this right now" in answer.content.decode()
    assert TimeSlot.objects.get() == slot


def test_what_comes_from_another_calendar_is_only_shown(shop: Shop, browser_of: Any) -> None:
    slot = make_slot(shop, can_modify=False)
    page = browser_of(shop.marc).get(f"/time/{slot.pk}/").content.decode()
    assert "comes from another calendar" in page
    assert "remove/" not in page


def test_an_associate_manages_her_own_time_and_nobody_elses(shop: Shop, browser_of: Any) -> None:
    browser = browser_of(shop.ana)
    assert browser.post("/time/new/", asked(shop)).status_code == 302
    assert TimeSlot.objects.filter(staff=shop.ana).count() == 1
    refused = browser.post("/time/new/", asked(shop, staff=shop.bo.pk))
    assert refused.status_code == 422
    assert not TimeSlot.objects.filter(staff=shop.bo).exists()
    theirs = make_slot(shop, staff=shop.bo)
    assert browser.get(f"/time/{theirs.pk}/").status_code == 404
    assert browser.post(f"/time/{theirs.pk}/remove/").status_code == 404


@pytest.mark.parametrize("who", ["restricted", "charlie", "support"])
def test_others_find_nothing_there(shop: Shop, browser_of: Any, who: str) -> None:
    slot = make_slot(shop)
    person: Any = shop.charlie
    if who == "restricted":
        StaffMember.objects.filter(pk=shop.ana.pk).update(role=Role.RESTRICTED)
        person = shop.ana
    if who == "support":
        person = shop.helene
        type(person).objects.filter(pk=person.pk).update(is_head_office=False, is_support=True)
    browser = browser_of(person)
    assert browser.get(f"/time/{slot.pk}/").status_code == 404
    assert browser.post(f"/time/{slot.pk}/", asked(shop)).status_code == 404
    assert browser.post(f"/time/{slot.pk}/remove/").status_code == 404
    answer = browser.post("/time/new/", asked(shop))
    assert answer.status_code in (404, 422)
    assert TimeSlot.objects.get() == slot
    assert not TimeChange.objects.exists()
    assert timezone.now() == NOW
