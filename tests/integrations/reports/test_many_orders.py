"""Orders of a sandbox that has more of them: refunds are few."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import Connection, ReportRun
from integrations.reports import running
from integrations.reports.files import Format
from integrations.reports.registry import REPORTS
from tests.integrations.reports.conftest import ALWAYS, Read, Truth
from tests.vendors import Vendor
from tests.vendors import running as sandbox


@pytest.fixture(scope="module")
def _vendor_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with sandbox(tmp_path_factory.mktemp("many") / "state.sqlite3", booker_customers=300) as vendor:
        yield vendor


def amount(money: dict[str, Any]) -> Decimal:
    return Decimal(str(money["Amount"])).quantize(Decimal("0.01"))


@pytest.mark.parametrize(("sub", "name", "key"), [("items", "Items", "item_id"), ("refunds", "Refunds", "refund_id")])
def test_sub_report_counts_no_total_twice(read: Read, truth: Truth, sub: str, name: str, key: str) -> None:
    rows, found = read("orders", sub_report=sub), truth.everywhere("/orders")
    parts = sorted(str(part["ID"]) for one in found for part in one[name])
    assert sorted(str(row[key]) for row in rows if row[key]) == parts
    assert parts
    told = [row["final_total_amount"] for row in rows if row["final_total_amount"] is not None]
    assert sum(told, Decimal(0)) == sum((amount(one["FinalTotal"]) for one in found), Decimal(0))
    assert sum(1 for row in rows if row["is_first_row_of_order"]) == len(found) == len(told)


def test_refunds_are_what_was_paid_back(read: Read, truth: Truth) -> None:
    rows = read("orders", sub_report="refunds")
    found = [part for one in truth.everywhere("/orders") for part in one["Refunds"]]
    got = sorted((row["refund_amount"], row["refund_date"]) for row in rows if row["refund_id"])
    assert got
    assert got == sorted((amount(part["Amount"]), part["DateRefunded" + "Offset"]) for part in found)


def test_more_calls_than_a_day_has(
    truth: Truth, vendor_time: Any, booker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the next day, and goes on where it was; the page says what it waits for."""
    Connection.objects.update(daily_calls=12)
    report, said, rests = REPORTS["orders"], [], []
    run = running.order(report=report, options=report.read(ALWAYS), connection=booker, format=Format.CSV, user=None)

    def rest(self: Any, seconds: float) -> None:
        rests.append(seconds)
        self.beat()
        said.append(ReportRun.objects.get().reason)
        vendor_time.shift(seconds + 1)

    monkeypatch.setattr(running.PatientApi, "_rest", rest)
    monkeypatch.setattr(running, "TOLD_EVERY", 0)
    running.work()
    run.refresh_from_db()
    assert (run.state, run.reason, run.attempts) == ("done", "", 1)
    assert run.row_count == len(truth.everywhere("/orders"))
    assert len(rests) >= 2
    assert max(rests) <= 86_400
    assert set(said) == {"The calls of today are used up: it goes on after midnight UTC."}
