"""One sentence that answers what people open the recorder for: who did it, and did the other side hear of it?"""

from __future__ import annotations

from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from bookings.models import Booking, Change, Status
from bookings.templatetags.shop import when
from integrations.models import ClientLink, Difference
from integrations.recorder.trail import News, news_in
from integrations.recorder.words import LINK, Words

MOVES = frozenset({"starts_at", "staff"})
OUR_MOVES = (Change.Kind.MOVE, Change.Kind.DISPATCH, Change.Kind.PROPOSE)


def about_booking(words: Words, booking: Booking) -> str:
    """Who moved it last, and did the other side hear of it?"""
    ours = [change for change in words.trail.changes if change.kind in OUR_MOVES]
    theirs = [news for news in news_in(words.trail.differences) if _is_move(news)]
    our_last = max(ours, key=lambda change: change.created_at, default=None)
    their_last = theirs[-1] if theirs else None
    if our_last and (their_last is None or our_last.created_at > their_last.first.at):
        return _we_moved(words, our_last, booking)
    if their_last:
        return _they_moved(words, their_last, booking)
    return _nobody_moved(words, booking)


def _sentences(facts: dict[str, str], *sentences: str) -> str:
    return " ".join(sentence % facts for sentence in sentences)


def _is_move(news: News) -> bool:
    """Whether it tells of a move that was not ours."""
    one = news.first
    was_there = any(difference.field in MOVES and difference.before for difference in news.differences)
    return was_there and one.applied and one.source != Difference.Source.PERSON


def _we_moved(words: Words, change: Change, booking: Booking) -> str:
    local = booking.store.local
    facts = {
        "who": change.author_name,
        "when": when(local(change.created_at)),
        "before": words.place(change.before, booking),
        "after": words.place(change.wanted, booking),
        "system": words.provider(),
        "answered": when(local(change.answered_at)) if change.answered_at else "",
    }
    asked = _("%(who)s asked on %(when)s to move it from %(before)s to %(after)s.")
    if change.is_open:
        return _sentences(facts, asked, _("%(system)s has not answered yet; we keep asking."))
    if change.state == Change.State.DONE:
        return _sentences(facts, asked, _("%(system)s accepted it on %(answered)s."))
    return _sentences(facts, asked, _("%(system)s did not accept it: it stayed where it was."))


def _they_moved(words: Words, news: News, booking: Booking) -> str:
    one, local = news.first, booking.store.local
    facts = {
        "who": capfirst(words.who(one)),
        "system": words.system(one),
        "when": when(local(one.said_at or one.at)),
        "before": words.place_in(news, "before"),
        "after": words.place_in(news, "after"),
        "heard": when(local(one.at)),
    }
    moved = _("%(who)s moved it in %(system)s on %(when)s from %(before)s to %(after)s.")
    if not (one.said_by or one.said_by_client):
        moved = _("It was moved in %(system)s on %(when)s from %(before)s to %(after)s.")
    if one.source == Difference.Source.WEBHOOK:
        return _sentences(facts, moved, _("%(system)s told us on %(heard)s."))
    return _sentences(facts, moved, _("Nobody told us: we found it ourselves on %(heard)s."))


def _nobody_moved(words: Words, booking: Booking) -> str:
    facts = {"system": words.provider()}
    if booking.status == Status.REFUSED:
        return _("%(system)s did not accept this booking: it was never made.") % facts
    if not booking.is_accepted:
        return _("%(system)s has not confirmed this booking yet. We keep asking.") % facts
    if any(change.is_open for change in words.trail.changes):
        return _("Nobody has moved it. A change is on its way to %(system)s, which has not answered yet.") % facts
    stands = _("Nobody has moved it. %(system)s has it as it stands here.")
    if booking.booked_by_client and booking.booked_at:
        facts["when"] = when(booking.store.local(booking.booked_at))
        return _sentences(facts, _("The client booked it on %(when)s."), stands)
    return stands % facts


def about_client(words: Words) -> str:
    """Who is she to the other systems, and have they heard what changed last?"""
    sentences = (_known_as(words), _last_changed(words), _still_to_tell(words))
    return " ".join(sentence for sentence in sentences if sentence)


def _known_as(words: Words) -> str:
    names = list(dict.fromkeys(f"{_keeper(link)} {link.external_id}" for link in words.trail.links))
    if not names:
        return _("No other system knows her.")
    return _("Known as %(names)s.") % {"names": get_text_list(names, _("and"))}


def _keeper(link: ClientLink) -> str:
    """Whose number it is: one that a booking system keeps for the customer system is that one's."""
    if not link.module:
        return link.connection.name
    return link.connection.crm.name if link.connection.crm else link.module


def _last_changed(words: Words) -> str:
    hers = [
        news
        for news in news_in(words.trail.differences)
        if news.first.client_id and news.first.applied and not news.of(LINK)
    ]
    if not hers:
        return ""
    one = hers[-1].first
    facts = {"when": when(words.trail.store.local(one.said_at or one.at)), "system": words.system(one)}
    if one.source == Difference.Source.PERSON:
        return _("Her details were last changed on %(when)s, here.") % facts
    return _("Her details were last changed on %(when)s, in %(system)s.") % facts


def _still_to_tell(words: Words) -> str:
    pushes = words.trail.pushes
    waiting = sorted({push.connection.name for push in pushes if push.state != push.State.DONE})
    if waiting:
        return _("Has not heard of everything yet: %(systems)s.") % {"systems": get_text_list(waiting, _("and"))}
    return _("Every other system has heard of what changed.") if pushes else ""
