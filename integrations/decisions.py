"""What people decide about links: which customer a client is, or that nobody says; and taking that back."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from clienteling.models import Consent, User
from integrations import linking
from integrations.models import Linking
from integrations.switchboard import Purpose

State, Decision, Outcome = Linking.State, Linking.Decision, Linking.Outcome
UNSETTLED = (Outcome.SEVERAL, Outcome.CONFLICT)


def to_settle() -> QuerySet[Linking]:
    """Rows that wait for a person, the longest waiting first. Who does not agree to be kept is nobody to settle."""
    rows = Linking.objects.filter(state=State.PARKED, outcome__in=UNSETTLED)
    kept = rows.filter(client__anonymised_at__isnull=True, client__consent=Consent.KEPT)
    return kept.select_related("client", "connection__crm").order_by("finished_at", "pk")


def settled() -> QuerySet[Linking]:
    """What people have settled, the latest first; also what is still being done."""
    rows = Linking.objects.filter(settled_at__isnull=False).exclude(state=State.PARKED).exclude(decision="")
    return rows.select_related("client", "connection__crm", "settled_by").order_by("-settled_at", "-pk")


def decide(*, linking_pk: int, decision: str, author: User, chosen: str = "") -> Linking | None:
    """Network. Carry out what `author` decided. None: somebody else was quicker. What cannot be done now is done
    in the background."""
    row = to_settle().filter(pk=linking_pk).first()
    if row is None or (decision == Decision.LINK and chosen not in row.candidates):
        return None
    if not _begin(row, decision=decision, chosen=chosen, author=author):
        return None
    return _do(linking_pk)


def undo(*, linking_pk: int, author: User) -> Linking | None:
    """Network. Put the links back as they were before the decision; then it waits for a person again."""
    rows = Linking.objects.filter(pk=linking_pk, state=State.DONE, outcome=Outcome.SETTLED).exclude(decision="")
    row = rows.first()
    if row is None or not _begin(row, decision=Decision.UNDO, chosen=row.chosen, author=author):
        return None
    return _do(linking_pk)


def _begin(row: Linking, *, decision: str, chosen: str, author: User) -> bool:
    """Put it in the queue as it was seen. Only one of any number of people gets True."""
    now = timezone.now()
    seen = Linking.objects.filter(pk=row.pk, state=row.state, outcome=row.outcome, finished_at=row.finished_at)
    begun = seen.update(
        state=State.WAITING,
        decision=decision,
        chosen=chosen,
        attempts=0,
        due_at=now,
        reason="",
        finished_at=None,
        settled_by=author,
        settled_at=now,
    )
    return bool(begun)


def _do(linking_pk: int) -> Linking:
    """Now, with the person waiting; unless a worker was quicker."""
    for row in Linking.claim(1, pk=linking_pk):
        linking.carry_out(row, Purpose.PERSON)
    return Linking.objects.select_related("client", "connection__crm").get(pk=linking_pk)
