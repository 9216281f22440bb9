"""Has anything changed? Asked every few seconds by each open page, so it does next to nothing."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings import live
from clienteling.models import User


@login_not_required
@never_cache
@require_safe
def news(request: HttpRequest, scope: str, pk: int) -> HttpResponse:
    """204: what the page shows still holds. Else what has happened: `{"changed": true}`, or `{"ended": true}` for a
    session that is over, which must not end in a redirect: nobody looks at this answer."""
    if not isinstance(request.user, User):
        return JsonResponse({"ended": True})
    stamp = live.stamp(scope, pk, user=request.user)
    if stamp is None:
        raise Http404
    if request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    return JsonResponse({"changed": True})
