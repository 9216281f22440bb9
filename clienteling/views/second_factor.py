"""What somebody sees who needs a second factor and has none yet."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clienteling.requests import StaffRequest
from clienteling.second_factor import is_needed, is_proven


@require_safe
@never_cache
def needed(request: StaffRequest) -> HttpResponse:
    if is_proven(request) or not is_needed(request.user):
        return redirect("today")
    return render(request, "clienteling/second_factor.html")
