"""What people decide about links, carried out at both systems; and taken back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from clienteling.models import Client, Consent, User
from integrations import decisions, linking
from integrations.models import ClientLink, Connection, Difference, Linking
from integrations.records import ClientLinkRecord
from tests.customers import Customers, client_of, number_of, number_there, put_number_there
from tests.integrations.test_linking import look_for, news_of, unlinked_client

Outcome, State, Decision = Linking.Outcome, Linking.State, Linking.Decision


@pytest.fixture
def helene(db: None) -> User:
    return User.objects.create_user("helene@shop.test", name="Hélène Aurel", is_head_office=True)


@pytest.fixture
def parked(linked: Connection, customers: Customers) -> Linking:
    return look_for(linked, customers.example("duplicates")[0])


def links_here(connection: Connection) -> set[tuple[str, str, int]]:
    """Everything we hold about numbers of the CRM."""
    rows = ClientLink.objects.filter(connection__in=[connection, connection.crm]).exclude(
        connection=connection, module=""
    )
    return set(rows.values_list("connection__kind", "external_id", "client"))


def decide(row: Linking, decision: str, author: User, chosen: str = "") -> Linking:
    done = decisions.decide(linking_pk=row.pk, decision=decision, chosen=chosen, author=author)
    assert done is not None
    return done


def test_a_decision_links_her_everywhere(
    linked: Connection, customers: Customers, parked: Linking, helene: User
) -> None:
    chosen = parked.candidates[1]
    done = decide(parked, Decision.LINK, helene, chosen)
    assert (done.state, done.outcome, done.settled_by) == (State.DONE, Outcome.SETTLED, helene)
    assert number_there(customers.vendor, parked.external_id) == number_of(linked, parked.client) == chosen
    assert not decisions.to_settle().exists()
    assert list(decisions.settled()) == [done]


def test_undone_it_is_as_before_and_waits_again(
    linked: Connection, customers: Customers, parked: Linking, helene: User
) -> None:
    before = links_here(linked)
    decide(parked, Decision.LINK, helene, parked.candidates[0])
    undone = decisions.undo(linking_pk=parked.pk, author=helene)
    assert undone is not None
    assert (undone.state, undone.outcome, undone.candidates) == (State.PARKED, Outcome.SEVERAL, parked.candidates)
    assert number_there(customers.vendor, parked.external_id) == ""
    assert links_here(linked) == before
    told = Difference.objects.filter(client=parked.client, field="customer_number").order_by("pk")
    first = parked.candidates[0]
    assert [(one.before, one.after) for one in told] == [("", first), (first, "")]
    assert decide(parked, Decision.LINK, helene, parked.candidates[1]).state == State.DONE


def test_whoever_had_the_number_gives_it_up_and_gets_it_back(
    linked: Connection, customers: Customers, helene: User
) -> None:
    made = customers.make(first_name="Nina", email="nina@vogel.example")
    other = unlinked_client(linked, customers.vendor, firstName="Else", email="else@vogel.example")
    put_number_there(customers.vendor, other, made["id"])
    linking.note(linked, news_of(other), [ClientLinkRecord(other, "demo_crm", made["id"])])
    row = look_for(linked, unlinked_client(linked, customers.vendor))
    before = links_here(linked)
    assert row.outcome == Outcome.CONFLICT
    decide(row, Decision.LINK, helene, made["id"])
    assert number_there(customers.vendor, row.external_id) == number_of(linked, row.client) == made["id"]
    assert number_there(customers.vendor, other) == number_of(linked, client_of(linked, other)) == ""
    decisions.undo(linking_pk=row.pk, author=helene)
    assert number_there(customers.vendor, row.external_id) == ""
    assert number_there(customers.vendor, other) == made["id"]
    assert links_here(linked) == before


def test_what_stood_there_before_is_put_back(linked: Connection, customers: Customers, helene: User) -> None:
    who, (number,) = customers.example("linked")
    client = client_of(linked, who)
    mine = customers.make(first_name="Mine", email="mine@x.example")["id"]
    ClientLink.objects.create(connection=linked, module="demo_crm", client=client, external_id=mine)
    row = look_for_conflict(linked, who, number)
    decide(row, Decision.LINK, helene, mine)
    assert number_there(customers.vendor, who) == mine
    decisions.undo(linking_pk=row.pk, author=helene)
    assert number_there(customers.vendor, who) == number_of(linked, client) == number


def look_for_conflict(connection: Connection, who: str, number: str) -> Linking:
    linking.note(connection, news_of(who), [ClientLinkRecord(who, "demo_crm", number)])
    linking.work()
    row = Linking.objects.get()
    assert row.outcome == Outcome.CONFLICT
    return row


def test_a_new_customer_can_be_made_although_others_look_like_her(
    linked: Connection, customers: Customers, parked: Linking, helene: User
) -> None:
    done = decide(parked, Decision.CREATE, helene)
    assert done.chosen not in parked.candidates
    assert number_there(customers.vendor, parked.external_id) == done.chosen
    assert customers.read(done.chosen)["email"] == parked.client.email
    undone = decisions.undo(linking_pk=parked.pk, author=helene)
    assert undone is not None
    assert done.chosen in undone.candidates
    assert decide(undone, Decision.CREATE, helene).chosen not in undone.candidates


def test_left_unlinked_she_stays_so(linked: Connection, customers: Customers, parked: Linking, helene: User) -> None:
    decide(parked, Decision.LEAVE, helene)
    linking.note(linked, news_of(parked.external_id), [])
    linking.queue_missed(limit=1000)
    Linking.objects.exclude(pk=parked.pk).delete()
    linking.work()
    assert Linking.objects.get().outcome == Outcome.SETTLED
    assert number_there(customers.vendor, parked.external_id) == ""
    undone = decisions.undo(linking_pk=parked.pk, author=helene)
    assert undone is not None
    assert undone.state == State.PARKED


def test_only_one_of_two_people_decides(parked: Linking, helene: User) -> None:
    assert decisions.decide(linking_pk=parked.pk, decision=Decision.LEAVE, author=helene)
    assert decisions.decide(linking_pk=parked.pk, decision=Decision.CREATE, author=helene) is None
    assert decisions.undo(linking_pk=parked.pk, author=helene)
    assert decisions.undo(linking_pk=parked.pk, author=helene) is None


def test_only_a_candidate_can_be_chosen(parked: Linking, helene: User) -> None:
    link = {"linking_pk": parked.pk, "decision": Decision.LINK, "author": helene}
    assert decisions.decide(**link, chosen="CUST-9") is None
    assert decisions.decide(**link) is None


def test_what_cannot_be_done_now_is_done_when_it_can(
    linked: Connection, customers: Customers, parked: Linking, helene: User
) -> None:
    customers.vendor.fault("500", method="PUT", times=3)
    done = decide(parked, Decision.LINK, helene, parked.candidates[0])
    assert done.state == State.WAITING
    Linking.objects.update(due_at=timezone.now())
    linking.work()
    assert number_there(customers.vendor, parked.external_id) == parked.candidates[0]


def test_a_lost_answer_to_giving_up_a_number_is_still_undone_right(
    linked: Connection, customers: Customers, helene: User
) -> None:
    """The first try took the number from the other client and died: a repeat must still know whose it was."""
    made = customers.make(first_name="Nina", email="nina@vogel.example")
    other = unlinked_client(linked, customers.vendor, firstName="Else", email="else@vogel.example")
    put_number_there(customers.vendor, other, made["id"])
    row = look_for(linked, unlinked_client(linked, customers.vendor))
    customers.vendor.fault("lost_reply", method="PUT", times=3)
    assert decide(row, Decision.LINK, helene, made["id"]).state == State.WAITING
    Linking.objects.update(due_at=timezone.now())
    linking.work()
    assert number_there(customers.vendor, row.external_id) == made["id"]
    decisions.undo(linking_pk=row.pk, author=helene)
    assert number_there(customers.vendor, other) == made["id"]


def test_who_does_not_agree_any_more_is_nobody_to_settle(parked: Linking) -> None:
    Client.objects.filter(pk=parked.client_id).update(consent=Consent.BOOKING_ONLY)
    assert not decisions.to_settle().exists()


def test_news_that_contradicts_a_decision_comes_back_to_a_person(
    linked: Connection, customers: Customers, parked: Linking, helene: User
) -> None:
    first, second = parked.candidates
    decide(parked, Decision.LINK, helene, first)
    late = [ClientLinkRecord(parked.external_id, "demo_crm", second)]
    linking.note(linked, news_of(parked.external_id), late)
    linking.work()
    assert Linking.objects.get(pk=parked.pk).outcome == Outcome.SETTLED  # an old message: it stands as decided
    put_number_there(customers.vendor, parked.external_id, second)
    linking.note(linked, news_of(parked.external_id), late)
    linking.work()
    row = Linking.objects.get(pk=parked.pk)
    assert (row.state, row.outcome, row.candidates) == (State.PARKED, Outcome.CONFLICT, [second, first])
