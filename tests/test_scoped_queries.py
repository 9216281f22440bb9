"""Views and forms read rows of stores only through what says for whom: `for_user` and its kin.

`Client.objects.filter(pk=pk)` in a view would hand anybody's client to anybody. What has a reason to start otherwise
stands in `ALLOWED` with that reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHERE = (
    "*/views/*.py",
    "*/views.py",
    "*/*_views.py",
    "*/*forms.py",
    "*/api.py",
    "*/api/*.py",
    "*/serializers.py",
    "clienteling/frame.py",
    "clienteling/admin.py",
    "bookings/live.py",
    "bookings/finding.py",
    "bookings/history.py",
)
# Rows of these belong to a store, or to somebody of one.
SCOPED = {
    "Booking",
    "BookingItem",
    "Change",
    "Client",
    "ClientLink",
    "ClientStore",
    "Difference",
    "GroupEvent",
    "Note",
    "Segment",
    "SegmentCount",
    "Service",
    "ServiceCategory",
    "StaffMember",
    "Store",
    "TimeChange",
    "TimeSlot",
    "WorkingHours",
}
# Each of these takes the person who asks, except the last, which finds nothing.
STARTS = {
    "for_user",
    "changeable_by",
    "calendars_for",
    "bookable_by",
    "manageable_by",
    "time_managed_by",
    "needing_attention",
    "none",
}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404"}

# (file, function, how it starts): why it may.
ALLOWED = {
    (
        "bookings/views/today.py",
        "_day",
        "GroupEvent.objects.between",
    ): "narrowed by `owner`: her, or the store she is in",
    ("bookings/views/today.py", "_notices", "Change.objects.open"): "narrowed to what she herself has asked for",
    (
        "bookings/views/today.py",
        "_time_notices",
        "TimeChange.objects.open",
    ): "narrowed to what she herself has asked for",
    ("bookings/views/booking.py", "_names", "StaffMember.objects.filter"): "of the store of a booking she sees",
    ("bookings/views/booking.py", "_names", "Service.objects.filter"): "of the store of a booking she sees",
    ("bookings/views/time_slots.py", "_slot_page", "TimeChange.objects.open"): "of a time slot she may change",
    (
        "bookings/forms.py",
        "twin_of",
        "Booking.objects.filter",
    ): "of the store she books in; tells only that there is one",
    ("bookings/views/segments.py", "_lately", "SegmentCount.objects.filter"): "of the segments of the query around it",
    ("integrations/api/segments.py", "get", "SegmentCount.objects.filter"): "of the segments of the query around it",
    ("integrations/api/bookings.py", "attempted", "Change.objects.filter"): "its name is reckoned with the token's own",
    ("integrations/api/bookings.py", "post", "Change.objects.filter"): "its name is reckoned with the token's own",
    ("integrations/api/clients.py", "clients_of", "ClientStore.objects.filter"): "narrowed to the token's stores",
    ("integrations/api/links.py", "get", "ClientLink.objects.filter"): "of a client the token sees",
    ("integrations/api/outcomes.py", "get", "get_object_or_404(Change)"): "of bookings the token sees",
    ("bookings/history.py", "read", "Change.objects.open"): "of the bookings of the query around it",
    (
        "bookings/history.py",
        "with_facts",
        "Booking.objects.filter",
    ): "one date, until when her data is kept: true for all",
    ("bookings/finding.py", "_homes", "ClientStore.objects.filter"): "narrowed to stores she works in",
    (
        "clienteling/views/people.py",
        "_place",
        "StaffMember.objects.select_related",
    ): "head office alone, which is everywhere",
    (
        "clienteling/people_forms.py",
        "without_account",
        "StaffMember.objects.filter",
    ): "head office alone, which is everywhere",
    ("clienteling/people_forms.py", "_wanted", "StaffMember.objects.filter"): "head office alone, which is everywhere",
}


def modules() -> list[Path]:
    return sorted(
        {path for pattern in WHERE for path in ROOT.glob(pattern) if path.relative_to(ROOT).parts[0] != "tests"}
    )


def starts_in(source: str) -> Iterator[tuple[str, int, str]]:
    """(function, line, how it starts) of each query of a scoped model that starts from no person."""
    tree = ast.parse(source)
    names = {one: one for one in SCOPED} | dict(aliases(tree))
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        start = unscoped(node, names, parents)
        if start:
            yield function_of(node, parents), node.lineno, start  # type: ignore[attr-defined]


def aliases(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """A model may have been given another name: by its import, or by an assignment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname, one.name) for one in node.names if one.asname and one.name in SCOPED)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in SCOPED:
            yield from ((one.id, node.value.id) for one in node.targets if isinstance(one, ast.Name))


def unscoped(node: ast.AST, names: dict[str, str], parents: dict[ast.AST, ast.AST]) -> str:
    """How a query starts at `node`; "" where none does, or it starts from a person."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHORTCUTS:
        first = node.args[0] if node.args else None
        return f"{node.func.id}({names[first.id]})" if isinstance(first, ast.Name) and first.id in names else ""
    if not isinstance(node, ast.Attribute) or node.attr not in MANAGERS:
        return ""
    model = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    if model not in names:
        return ""
    parent = parents[node]
    start = parent.attr if isinstance(parent, ast.Attribute) else ""
    return "" if start in STARTS else f"{names[model]}.{node.attr}.{start or '(itself)'}"


def function_of(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node.name
    return "(module)"


def found() -> dict[tuple[str, str, str], int]:
    return {
        (str(path.relative_to(ROOT)), function, start): line
        for path in modules()
        for function, line, start in starts_in(path.read_text())
    }


def test_every_query_of_a_view_starts_from_who_asks() -> None:
    wrong = [f"{file}:{line} {start} in {function}" for (file, function, start), line in found().items()
             if (file, function, start) not in ALLOWED]  # fmt: skip
    assert not wrong, "Start from for_user or its kin, or say in ALLOWED why not:\n" + "\n".join(wrong)


def test_no_reason_is_left_over() -> None:
    assert sorted(set(ALLOWED) - set(found())) == []


def test_the_check_sees_what_it_looks_for() -> None:
    seen = """
from clienteling.models import Client as Person, Store
Row = Store
def page(request, pk):
    Person.objects.filter(pk=pk)
    get_object_or_404(Booking, pk=pk)
    models.Note._default_manager.get(pk=pk)
    Row.objects.all()
    Client.objects
    Booking.objects.for_user(request.user).filter(pk=pk)
"""
    starts = [start for _function, _line, start in starts_in(seen)]
    expected = ["Client.objects.filter", "get_object_or_404(Booking)", "Note._default_manager.get"]
    assert sorted(starts) == sorted([*expected, "Store.objects.all", "Client.objects.(itself)"])


def test_it_looks_at_every_module_that_answers_a_route() -> None:
    looked_at = {str(path.relative_to(ROOT)) for path in modules()}
    assert {"bookings/views/clients.py", "integrations/recorder_views.py", "clienteling/views/audit.py"} <= looked_at
