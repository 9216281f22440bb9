"""Clients: finding one, her page, what is noted about her and what she agreed to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import finding, freshness, live, rules
from bookings import history as past_and_coming
from bookings.client_forms import MOST_POLLS, ConsentForm, HistoryForm, NoteForm, SearchForm
from bookings.gateway import Freshness, Gateway, Misconfigured, Refused, Unavailable, get_gateway
from bookings.models import Change
from clienteling import audit, contact, profiles
from clienteling.frame import current_store, stores_of
from clienteling.models import Client, Consent, Deed, Note, Store, User
from clienteling.permissions import Action, requires
from clienteling.privacy import anonymise_on

MOST_NOTES = 50
# What takes one tap; everything else needs a page of its own.
ONE_TAP = (Change.Kind.CONFIRM, Change.Kind.ARRIVE, Change.Kind.COMPLETE, Change.Kind.NO_SHOW, Change.Kind.UNDO)


@require_safe
@requires(Action.SEE_CLIENTS)
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or for a search as one types the results alone."""
    form = SearchForm(request.GET)
    store = current_store(request)
    fresh = freshness.of_store(store) if store else Freshness("unconnected")
    context = _results(request, form.query) | {"form": form, "fresh": fresh}
    template = "_results.html" if request.htmx else "search.html"  # type: ignore[attr-defined]
    return render(request, f"bookings/clients/{template}", context)


def _person(request: HttpRequest) -> User:
    """Who asks; LoginRequiredMiddleware lets nobody else in."""
    return request.user  # type: ignore[return-value]


def _results(request: HttpRequest, query: str) -> dict[str, Any]:
    user, stores, now = _person(request), stores_of(request), timezone.now()
    context: dict[str, Any] = {"query": query, "store": current_store(request), "most": finding.MOST_FOUND}
    if query:
        found, has_more = finding.search(query, user=user, stores=stores, now=now)
        audit.record(Deed.SEARCHED, user=user, store=context["store"], found=len(found))
        return context | {"found": found, "has_more": has_more}
    return context | {"familiar": finding.familiar(user=user, store=context["store"], stores=stores, now=now)}


@require_POST
@requires(Action.SEE_CLIENTS)
def ask_provider(request: HttpRequest) -> HttpResponse:
    """Look in the booking system for somebody we do not have, then search again."""
    form = SearchForm(request.POST)
    store = current_store(request)
    if not form.query or store is None:
        return redirect("client-search")
    tone, words = _asked(store, form.query)
    if request.htmx:  # type: ignore[attr-defined]
        context = _results(request, form.query) | {"tone": tone, "words": words, "was_asked": True}
        return render(request, "bookings/clients/_results.html", context)
    messages.add_message(request, messages.INFO if tone == "good" else messages.WARNING, words)
    return redirect(reverse("client-search") + "?" + urlencode({"q": form.query}))


def _asked(store: Store, query: str) -> tuple[str, str]:
    """Ask, and say in a tone and in words what came of it."""
    try:
        number = get_gateway().find_clients(store=store, query=query)
    except Unavailable:
        return "warn", _("The booking system has not answered. Nothing is lost; please try again in a moment.")
    except Refused:
        return "warn", _("Type a whole e-mail address, a whole phone number, or first and last name, and ask again.")
    except Misconfigured:
        return "trouble", _(
            "The booking system cannot be asked: its connection is not set up right. Please tell head office."
        )
    if not number:
        return "info", _("The booking system does not know this client either.")
    text = ngettext(
        "The booking system knows %(number)d client like this.",
        "The booking system knows %(number)d clients like this.",
        number,
    )
    return "good", text % {"number": number}


@require_safe
@requires(Action.SEE_CLIENTS)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    client = _client_or_404(request, pk)
    store = current_store(request)
    audit.record_seen(Deed.CLIENT_SEEN, user=request.user, about=client, client=client, store=store)
    return _page(request, client, NoteForm())


def _client_or_404(request: HttpRequest, pk: int, action: Action = Action.SEE_CLIENTS) -> Any:
    if current_store(request) is None:
        raise Http404
    user = _person(request)
    clients = Client.objects.for_user(user, action).select_related("profile")
    found = get_object_or_404(live.with_stamp(past_and_coming.with_facts(clients, user=user), user), pk=pk)
    contact.show_to(user, [found])
    return found


def _page(request: HttpRequest, client: Any, note_form: NoteForm, status: int = 200) -> HttpResponse:
    gateway = get_gateway()
    store = current_store(request)
    context = _history_context(request, client, gateway) | {
        "known": profiles.in_words(client, day=store.today()) if store else [],
        "note_form": note_form,
        "notes": _notes(request, client),
        "links": gateway.client_links(client=client),
        "lookalikes": past_and_coming.lookalikes(client, user=_person(request)),
        "anonymise_on": anonymise_on(client),
        "retention_days": settings.RETENTION_DAYS,
        "store": store,
        "live": live.client(client.pk, client.stamp),
    }
    return render(request, "bookings/clients/page.html", context | _next(context["history"].coming), status=status)


def _history_context(request: HttpRequest, client: Any, gateway: Gateway) -> dict[str, Any]:
    form = HistoryForm(request.GET, stores=stores_of(request))
    history = past_and_coming.read(
        client, user=_person(request), stores=stores_of(request), filters=form.filters, now=timezone.now()
    )
    fresh = gateway.history_freshness(client=client)
    context = {
        "client": client,
        "form": form,
        "history": history,
        "fresh": fresh,
        "is_reading": _is_reading(client, fresh),
    }
    return context | _questions(form, context)


def _is_old(client: Client, fresh: Freshness) -> bool:
    """Whether her past is to be read again."""
    if client.anonymised_at or fresh.state in ("misconfigured", "unconnected"):
        return False
    return fresh.as_of is None or timezone.now() - fresh.as_of > settings.HISTORY_STALE_AFTER


def _is_reading(client: Client, fresh: Freshness) -> bool:
    """Whether more of her past may come in soon."""
    return fresh.state != "unreachable" and (_is_old(client, fresh) or fresh.total > fresh.done)


def _questions(form: HistoryForm, context: dict[str, Any]) -> dict[str, str]:
    """Query strings for the pages before and after, and for asking again while her past is being read."""
    number = form.filters.page
    questions = {}
    if number > 1:
        questions["previous_question"] = form.question(page=number - 1)
    if context["history"].has_more:
        questions["next_question"] = form.question(page=number + 1)
    if context["is_reading"] and form.polls < MOST_POLLS:
        questions["poll_question"] = form.question(page=number, poll=form.polls + 1)
    return questions


@dataclass(frozen=True, slots=True)
class Step:
    """A button. It has a reference of its own: pressed twice it is one change, and another button is another."""

    kind: str
    label: str
    reference: uuid.UUID

    @property
    def slug(self) -> str:
        return self.kind.replace("_", "-")


def _next(coming: list[Any]) -> dict[str, Any]:
    """The booking she is here for, or comes for next, with what can be done with it in one tap."""
    if not coming:
        return {}
    booking = coming[0]
    free = booking.is_changeable and not booking.has_open_change
    possible = rules.possible(booking, now=timezone.now()) if free else []
    steps = [Step(kind, str(Change.Kind(kind).label), uuid.uuid4()) for kind in possible if kind in ONE_TAP]
    return {"next_booking": booking, "steps": steps, "can_move": Change.Kind.MOVE in possible}


def _notes(request: HttpRequest, client: Client) -> list[Note]:
    """Written in stores the person may see, newest first."""
    return list(client.notes.filter(store__in=stores_of(request))[:MOST_NOTES])


@require_safe
@requires(Action.SEE_CLIENTS)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """The past alone: other filters, another page, or asked again while it is being read.

    What is old is asked for here and not by the page itself, which opens with as few queries as can be.
    """
    client = _client_or_404(request, pk)
    context = _history_context(request, client, get_gateway())
    if _is_old(client, context["fresh"]):
        get_gateway().ask_history(client=client)
    address = f"{reverse('client', args=[pk])}?{context['form'].question(page=context['form'].filters.page)}"
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(address)
    response = render(request, "bookings/clients/_history.html", context | {"store": current_store(request)})
    if not context["form"].polls:
        response["HX-Replace-Url"] = address
    return response


@require_POST
@never_cache
@requires(Action.REVEAL_CONTACT)
def show_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """How to reach one client, for those who do not see it at once. That it was shown is written down."""
    client = _client_or_404(request, pk, Action.REVEAL_CONTACT)
    if client.anonymised_at:
        raise Http404
    store = current_store(request)
    audit.record(Deed.CONTACT_SHOWN, user=request.user, about=client, client=client, store=store)
    client.contact_shown = True
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "bookings/clients/_contact.html", {"client": client, "store": store})
    return _page(request, client, NoteForm())


@require_POST
@requires(Action.EDIT_CLIENTS)
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    client = _client_or_404(request, pk, Action.EDIT_CLIENTS)
    store = current_store(request)
    if client.anonymised_at:
        raise Http404
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, client, form, status=422)
    note = form.save(commit=False)
    note.client, note.store, note.author, note.author_name = client, store, request.user, str(request.user)
    note.save()
    audit.record(Deed.CLIENT_CHANGED, user=request.user, client=client, store=store, about=client, what="note")
    return HttpResponseRedirect(reverse("client", args=[pk]) + "#notes")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.EDIT_CLIENTS)
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """What her data may be kept for. The page asks before anything changes; a dialog does the same with script."""
    client = get_object_or_404(
        Client.objects.for_user(request.user, Action.EDIT_CLIENTS), pk=pk, anonymised_at__isnull=True
    )
    if request.method != "POST":
        return render(
            request, "bookings/clients/consent.html", {"client": client, "retention_days": settings.RETENTION_DAYS}
        )
    form = ConsentForm(request.POST, instance=client)
    if form.is_valid():
        form.instance.consent_at = timezone.now()
        with transaction.atomic():
            form.instance.save(update_fields=["consent", "consent_at"])
            before = {"consent": str(form.initial["consent"])} if form.has_changed() else {}
            get_gateway().client_changed(client=client, before=before, author=_person(request))
            store = current_store(request)
            what = {"what": "consent"}
            audit.record(Deed.CLIENT_CHANGED, user=request.user, client=client, store=store, about=client, **what)
        messages.success(request, _consent_words(client))
    return redirect("client", pk=pk)


def _consent_words(client: Client) -> str:
    if client.consent == Consent.KEPT:
        return _("Her details may be kept.")
    return _("Her details are kept for her bookings only.")
