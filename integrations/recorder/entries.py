"""What happened, one entry each, oldest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import wording
from bookings.models import Booking, Change
from integrations.models import ClientPush, Connection, Difference, Linking, ProviderCall, WebhookDelivery
from integrations.recorder.trail import News, news_in
from integrations.recorder.words import LINK, Fact, Words, joined, label, to_the_second

State = WebhookDelivery.State
SAME_LOOK = dt.timedelta(minutes=1)

CALLS = {
    "GET": gettext_lazy("Looked at %(system)s"),
    "POST": gettext_lazy("Sent it to %(system)s"),
    "PUT": gettext_lazy("Sent the change to %(system)s"),
    "PATCH": gettext_lazy("Sent the change to %(system)s"),
    "DELETE": gettext_lazy("Asked %(system)s to delete"),
}
OUTCOMES = {
    "created": gettext_lazy("New to us: taken over"),
    "applied": gettext_lazy("Taken over"),
    "unchanged": gettext_lazy("We had it already: nothing changed"),
    "older": gettext_lazy("Older than what we had: nothing changed"),
    "read again": gettext_lazy("We asked back, and took over the answer"),
    "gone": gettext_lazy("No longer there when we asked back"),
    "linking": gettext_lazy("Somebody we may know: being looked up"),
    "not kept": gettext_lazy("Not kept: she has not agreed to it"),
    "unknown": gettext_lazy("Kept: we do not know this kind of news"),
}
SOURCES = {
    Difference.Source.PERSON: "people",
    Difference.Source.WEBHOOK: "delivery",
    Difference.Source.SWEEP: "sweep",
    Difference.Source.CRM: "crm",
}
TONES = {State.WAITING: "warn", State.DONE: "good", State.PARKED: "trouble"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `source`: people, call, delivery, sweep or crm; `moment` on the store's clock;
    `tone`: "", good, warn or trouble; `code`: the other system's own name for it; `about`: when its booking is;
    `delivery_id`: what head office can have done again."""

    moment: dt.datetime
    source: str
    who: str
    what: str
    outcome: str = ""
    tone: str = ""
    code: str = ""
    facts: list[Fact] = field(default_factory=list)
    booking: Booking | None = None
    about: str = ""
    delivery_id: int = 0


def entries(words: Words) -> list[Entry]:
    """Everything in the trail. Differences are told with the change or the delivery that brought them."""
    trail = words.trail
    changes, deliveries = {one.pk for one in trail.changes}, {one.pk for one in trail.deliveries}
    rest = [one for one in trail.differences if one.change_id not in changes and one.delivery_id not in deliveries]
    found = [
        *(_change(words, change) for change in trail.changes),
        *(_call(words, alike) for alike in _alike(trail.calls)),
        *(_delivery(words, delivery) for delivery in trail.deliveries),
        *(_news(words, news) for news in news_in(rest)),
        *(_looked_up(words, linking) for linking in trail.linkings),
        *(_settled(words, linking) for linking in trail.linkings if linking.settled_at),
        *(_push(words, push) for push in trail.pushes),
    ]
    named = (replace(one, about=words.start_of(one.booking)) if one.booking else one for one in found)
    return sorted(named, key=lambda entry: entry.moment)


def _change(words: Words, change: Change) -> Entry:
    booking = change.booking
    outcome, tone = wording.answer_to(change)
    answered = to_the_second(words.local(change.answered_at)) if change.answered_at else ""
    return Entry(
        moment=words.local(change.created_at),
        source="people",
        who=change.author_name,
        what=wording.asked_for(change, booking, words.cast.staff, words.cast.services),
        outcome=joined(outcome, answered, _tries(change)),
        tone=tone or "good",
        facts=words.facts(one for one in words.trail.differences if one.change_id == change.pk),
        booking=booking,
    )


def _tries(change: Change) -> str:
    if change.attempts <= 1:
        return ""
    return ngettext("%(tries)d try", "%(tries)d tries", change.attempts) % {"tries": change.attempts}


def _alike(calls: Iterable[ProviderCall]) -> Iterator[list[ProviderCall]]:
    """Looks at the same thing in a row, page after page, are told once; everything that writes is told by itself."""
    group: list[ProviderCall] = []
    for call in calls:
        if group and _kind(call) == _kind(group[0]) and call.method == "GET" and call.at - group[-1].at < SAME_LOOK:
            group.append(call)
            continue
        if group:
            yield group
        group = [call]
    if group:
        yield group


def _kind(call: ProviderCall) -> tuple[object, ...]:
    return call.connection_id, call.subject, call.method, call.endpoint, call.status


def _call(words: Words, alike: list[ProviderCall]) -> Entry:
    call, booking = alike[0], words.booking(alike[0].subject)
    spent = sum(one.milliseconds for one in alike)
    facts = {"status": call.status, "milliseconds": spent, "why": call.error}
    is_missing = call.method == "GET" and call.status == 404  # asked whether it is there: an answer, no trouble
    answer = _("Answer %(status)d after %(milliseconds)d ms") if call.status else ""
    outcome = (answer or _("No answer after %(milliseconds)d ms: %(why)s")) % facts
    times = ngettext("%(times)d time", "%(times)d times", len(alike)) % {"times": len(alike)}
    return Entry(
        moment=words.local(call.at),
        source="call",
        who=_("We"),
        what=CALLS.get(call.method, CALLS["GET"]) % {"system": call.connection.name},
        outcome=joined(_("Nothing there") if is_missing else "", outcome, times if len(alike) > 1 else ""),
        tone="" if 200 <= call.status < 400 or is_missing else "warn",
        code=f"{call.method} {call.endpoint}",
        booking=booking,
    )


def _delivery(words: Words, delivery: WebhookDelivery) -> Entry:
    booking = words.booking(delivery.subject)
    times = delivery.repeats + 1
    repeats = ngettext("came %(times)d time", "came %(times)d times", times) % {"times": times}
    return Entry(
        moment=words.local(delivery.received_at),
        source="delivery",
        who=delivery.connection.name,
        what=_("Sent us news"),
        outcome=joined(_became(delivery), repeats if delivery.repeats else ""),
        tone="" if delivery.state == State.DONE else TONES[State(delivery.state)],
        code=delivery.event_type,
        facts=words.facts(one for one in words.trail.differences if one.delivery_id == delivery.pk),
        booking=booking,
        delivery_id=delivery.pk,
    )


def _became(delivery: WebhookDelivery) -> str:
    if delivery.state == State.DONE:
        return str(OUTCOMES.get(delivery.outcome, delivery.outcome))
    if delivery.state == State.PARKED:
        return _("Put aside: %(why)s") % {"why": delivery.reason}
    return _("Not looked at yet")


def _news(words: Words, news: News) -> Entry:
    one = news.first
    booking = words.trail.bookings.get(one.booking_id or 0)
    return Entry(
        moment=words.local(one.at),
        source=SOURCES[Difference.Source(one.source)],
        who=words.who(one),
        what=_what(words, news),
        outcome=_heard(words, one),
        tone="" if one.applied else "warn",
        facts=words.facts(news.differences),
        booking=booking,
    )


def _what(words: Words, news: News) -> str:
    facts = {"system": words.system(news.first)}
    if news.of("created"):
        return (_("Booked in %(system)s") if news.first.booking_id else _("New in %(system)s")) % facts
    if news.of("gone"):
        return _("%(system)s no longer has it") % facts
    merged = news.of("merged")
    if merged and not merged.before:  # she has been forgotten since
        return _("Merged with another client")
    if merged:
        return _("Merged: %(before)s is %(after)s now") % {"before": merged.before, "after": merged.after}
    if not news.first.applied:
        return _("Said something older than what we have, which stays")
    if link := news.of(LINK):
        return _linked(link)
    if news.first.source == Difference.Source.PERSON:
        return _("Changed here")
    return _("Changed in %(system)s") % facts


def _linked(link: Difference) -> str:
    if not link.before and not link.after:  # she has been forgotten since
        return _("Changed her link to the customer system")
    if not link.before:
        return _("Linked her to the customer system")
    return _("Linked her to another customer") if link.after else _("Took away her link to the customer system")


def _heard(words: Words, one: Difference) -> str:
    """How we heard, and of when it is."""
    how = (
        "" if one.source == Difference.Source.PERSON or one.field == LINK else str(Difference.Source(one.source).label)
    )
    if one.said_at is None:
        return how
    return joined(how, _("changed there on %(when)s") % {"when": to_the_second(words.local(one.said_at))})


def _looked_up(words: Words, linking: Linking) -> Entry:
    crm = linking.connection.crm
    return Entry(
        moment=words.local(linking.created_at),
        source="crm",
        who=_("We"),
        what=_("Looked for her in %(system)s") % {"system": crm.name if crm else _("the customer system")},
        outcome=joined(linking.get_outcome_display(), _ended(words, linking)),
        tone=TONES[State(linking.state)],
    )


def _settled(words: Words, linking: Linking) -> Entry:
    return Entry(
        moment=words.local(linking.settled_at or linking.created_at),
        source="people",
        who=str(linking.settled_by or _("Somebody")),
        what=_("Settled who she is: %(decision)s") % {"decision": linking.get_decision_display()},
        outcome=linking.chosen,
    )


def _push(words: Words, push: ClientPush) -> Entry:
    facts = {"system": push.connection.name, "what": push.get_kind_display()}
    return Entry(
        moment=words.local(push.created_at),
        source="crm" if push.connection.kind == Connection.Kind.CRM else "call",
        who=_("We"),
        what=_("To tell %(system)s: %(what)s") % facts,
        outcome=joined(get_text_list([label(name) for name in push.fields], _("and")), _ended(words, push)),
        tone=TONES[State(push.state)],
    )


def _ended(words: Words, work: Linking | ClientPush) -> str:
    if work.state == State.DONE and work.finished_at:
        return _("done on %(when)s") % {"when": to_the_second(words.local(work.finished_at))}
    return joined(str(work.get_state_display()), work.reason)
