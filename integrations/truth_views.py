"""The page "how true is the mirror", for head office."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clienteling.permissions import Action, requires
from integrations import truth
from integrations.views import zone_of


@require_safe
@requires(Action.SEE_LOGS)
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "periods": truth.periods(now),
        "stores": truth.stores(now),
        "queue": truth.queue(),
        "zone": zone_of(request),
    }
    return render(request, "integrations/truth.html", context)
