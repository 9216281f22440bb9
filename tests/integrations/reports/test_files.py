"""What is written is what is read, by programs that are not ours."""

from __future__ import annotations

import csv
import datetime as dt
import stat
import tracemalloc
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest

from integrations.reports import columns as c
from integrations.reports import files
from integrations.reports.columns import Column, Row, row_of
from integrations.reports.files import Format

COLUMNS = (
    *c.text("Name"),
    *c.text("Phone"),
    *c.whole("Number"),
    *c.flag("IsIt"),
    *c.money("Price"),
)
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x")', "\uff1d1+1", "-2+3+cmd|' /C calc'!A0"]


def rows_of(names: list[Any], **more: Any) -> list[Row]:
    return [row_of(COLUMNS, {"Name": name, **more}, dt.UTC) for name in names]


def breaking_off() -> Iterator[Row]:
    yield from rows_of(["a"])
    raise KeyError


def written(format: Format, path: Path, rows: Iterable[Row], notes: tuple[str, ...] = ()) -> Path:
    with files.writer(format, path, COLUMNS, notes) as out:
        for row in rows:
            out.write(row)
    return path


SOUND: dict[str, Any] = {
    "Phone": "+33 6 12 34 56 78",
    "Number": -5,
    "IsIt": False,
    "Price": {"Amount": -12.5, "CurrencyCode": "eur"},
}


def test_csv(tmp_path: Path) -> None:
    path = written(Format.CSV, tmp_path / "a.csv", rows_of(['Zoë, "Z"\nNoir', *FORMULAS], **SOUND))
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, first, *others = list(csv.reader(file))
    assert header == [column.name for column in COLUMNS]
    assert first == ['Zoë, "Z"\nNoir', "+33 6 12 34 56 78", "-5", "false", "-12.50", "EUR"]
    assert [row[0] for row in others] == [f"'{one}" for one in FORMULAS]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_xlsx(tmp_path: Path) -> None:
    path = written(
        Format.XLSX, tmp_path / "a.xlsx", rows_of(["Zoë", *FORMULAS, "http://x.test"], **SOUND), ("Read me.",)
    )
    book = openpyxl.load_workbook(path)
    header, first, *others = list(book["Rows"].iter_rows())
    assert [cell.value for cell in header] == [column.name for column in COLUMNS]
    assert [cell.value for cell in first] == ["Zoë", "+33 6 12 34 56 78", -5, False, -12.5, "EUR"]
    assert [row[0].value for row in others] == [*FORMULAS, "http://x.test"]
    assert {row[0].data_type for row in others} == {"s"}, "a formula, or a link"
    assert {row[0].hyperlink for row in others} == {None}
    assert book["Notes"]["A1"].value == "Read me."
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"], "leaves nothing beside it"


def test_xlsx_goes_on_in_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SHEET_ROWS", 4)
    path = written(Format.XLSX, tmp_path / "a.xlsx", rows_of([f"n{number}" for number in range(7)]))
    book = openpyxl.load_workbook(path)
    found = {sheet.title: [row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book}
    assert found == {"Rows": ["n0", "n1", "n2"], "Rows 2": ["n3", "n4", "n5"], "Rows 3": ["n6"]}
    assert all(sheet["A1"].value == "name" for sheet in book)


def test_parquet_in_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP", 3)
    path = written(Format.PARQUET, tmp_path / "a.parquet", rows_of(["=1+1", *"bcdefgh"], **SOUND), ("Read me.",))
    table = pq.read_table(path)
    assert pq.ParquetFile(path).num_row_groups == 3
    assert table.column("name").to_pylist() == ["=1+1", *"bcdefgh"]
    first = {"name": "=1+1", "phone": "+33 6 12 34 56 78", "number": -5, "is_it": False}
    assert table.to_pylist()[0] == first | {"price_amount": Decimal("-12.50"), "price_currency": "EUR"}
    assert table.schema.metadata[b"notes"] == b"Read me."


@pytest.mark.parametrize("format", Format)
def test_nobody_else_reads_it(tmp_path: Path, format: Format) -> None:
    path = written(format, tmp_path / f"a.{format}", rows_of(["a"]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("format", Format)
def test_no_rows_is_a_file_with_a_heading(tmp_path: Path, format: Format) -> None:
    path = written(format, tmp_path / f"a.{format}", [])
    if format == Format.PARQUET:
        assert pq.read_table(path).num_rows == 0
    elif format == Format.XLSX:
        assert openpyxl.load_workbook(path)["Rows"].max_row == 1
    else:
        assert path.read_text("utf-8-sig").strip() == ",".join(column.name for column in COLUMNS)


@pytest.mark.parametrize("format", Format)
def test_breaking_off_leaves_no_scratch(tmp_path: Path, format: Format) -> None:
    path = tmp_path / f"a.{format}"
    with pytest.raises(KeyError):
        written(format, path, breaking_off())
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", Format)
def test_rows_are_not_kept_in_memory(tmp_path: Path, format: Format) -> None:
    """A hundred bytes each would be 1.2 MB more of them."""
    peaks = []
    for number in (6_000, 18_000):
        tracemalloc.start()
        with files.writer(format, tmp_path / f"a.{format}", COLUMNS, ()) as out:
            for place in range(number):
                out.write(rows_of([f"name {place}"], **SOUND)[0])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 600_000


# --- reading -------------------------------------------------------------------------------------------------

HOSTILE: dict[str, Any] = {
    "Name": "a\x00b\x1b\ud800c\u202e",
    "Phone": ["+33"],
    "Number": "7",
    "IsIt": "yes",
    "Price": {"Amount": "NaN", "CurrencyCode": {"x": 1}},
}


@pytest.mark.parametrize("format", Format)
def test_hostile_values_are_written(tmp_path: Path, format: Format) -> None:
    rows = [row_of(COLUMNS, one, dt.UTC) for one in (HOSTILE, {}, {"Name": "x" * 100_000, "Number": 10**30})]
    assert rows[0]["name"] == "ab?c\u202e"
    assert set(list(rows[0].values())[1:]) == {None}
    assert set(rows[1].values()) == {None}
    assert len(str(rows[2]["name"])) == 500
    written(format, tmp_path / f"a.{format}", rows)


def one(columns: tuple[Column, ...], entry: dict[str, Any], zone: dt.tzinfo = dt.UTC) -> Any:
    return columns[0].read(entry, zone)


def test_both_forms_of_a_date() -> None:
    """Section 6: the old form holds the location's wall clock as if it were Eastern; its twin wins."""
    chicago = ZoneInfo("America/Chicago")
    old, twin = {"At": "/Date(1438776000000-0400)/"}, {"AtOffset": "2026-01-02T09:00:00-06:00"}
    assert one(c.moment("At"), old, chicago) == "2015-08-05T08:00:00-05:00"
    assert one(c.moment("At"), twin, chicago) == "2026-01-02T09:00:00-06:00"
    assert one(c.moment("At"), {"AtOffset": "2026-01-02T10:00:00-0500"}, chicago) == "2026-01-02T09:00:00-06:00"
    assert one(c.moment("At"), old | twin, chicago) == "2026-01-02T09:00:00-06:00"
    assert one(c.moment("At"), {"At": "/Date(99999999999999999)/"}, chicago) is None
    assert one(c.day("At"), {"At": "/Date(380437200000-0500)/"}) == "1982-01-21"


def test_names() -> None:
    names = ["AllowReceiveSMS", "WorkPhoneExt", "ID", "SubCategory", "Address.Street1", "IsVIPClient"]
    expected = ["allow_receive_sms", "work_phone_ext", "id", "sub_category", "address_street1", "is_vip_client"]
    assert [c.snake(name) for name in names] == expected


def test_lookups_and_money_also_as_plain_values() -> None:
    assert [column.read({"Type": "Freelancer"}, dt.UTC) for column in c.lookup("Type")] == [None, "Freelancer"]
    assert [column.read({"Price": 12}, dt.UTC) for column in c.money("Price")] == [Decimal("12.00"), None]
