"""The app's pages, and two that do next to nothing behind the same middleware: the floors."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>Empty</title>")


@csrf_exempt
@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    """Any webhook can do no less than this: what came is one row (benchmarks/ingest.py makes the table)."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (body) VALUES (%s)", [request.body.decode()])
    return HttpResponse("Kept.\n", content_type="text/plain")


@cache
def _kept(people: int) -> bytes:
    return (Path(settings.VAR) / f"memory-{people}.html").read_bytes()


def memory(request: HttpRequest, people: int) -> HttpResponse:
    """The board as it was rendered once: what is left when nothing has to be read or written out."""
    return HttpResponse(_kept(people))


urlpatterns = [
    path("__memory/<int:people>/", memory),
    path("__empty/", empty),
    path("__bare/", bare),
    path("", include("clienteling.urls")),
]
