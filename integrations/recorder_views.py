"""The flight recorder's pages: for whoever may see the booking or the client."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bookings.models import Booking
from bookings.templatetags.shop import day
from clienteling import audit
from clienteling.frame import current_store
from clienteling.models import Client, Deed
from clienteling.permissions import Action, requires
from clienteling.requests import StaffRequest
from integrations import recorder


@require_safe
@requires(Action.SEE_RECORD)
def booking(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Booking.objects.for_user(request.user, Action.SEE_RECORD).with_details(), pk=pk)
    who = {"client": found.client_id, "store": found.store_id}
    audit.record_seen(Deed.RECORD_SEEN, user=request.user, about=found, **who)
    story = recorder.story_of_booking(found, user=request.user)
    context = {"booking": found, "store": found.store, "story": story, "days": _by_day(story)}
    return render(request, "integrations/record_booking.html", context)


@require_safe
@requires(Action.SEE_RECORD)
def client(request: StaffRequest, pk: int) -> HttpResponse:
    store = current_store(request)
    if store is None:
        raise Http404
    found = get_object_or_404(Client.objects.for_user(request.user, Action.SEE_RECORD), pk=pk)
    audit.record_seen(Deed.RECORD_SEEN, user=request.user, about=found, client=found, store=store)
    story = recorder.story_of_client(found, user=request.user, store=store)
    context = {"client": found, "store": store, "story": story, "days": _by_day(story)}
    return render(request, "integrations/record_client.html", context)


def _by_day(story: recorder.Story) -> list[tuple[str, list[Any]]]:
    """Entries under the local day they happened on."""
    together = groupby(story.entries, key=lambda entry: entry.moment.date())
    return [(day(date), list(entries)) for date, entries in together]
