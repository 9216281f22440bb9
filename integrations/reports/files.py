"""A report as a file: written row by row, so that a million rows take no more memory than ten.

Text stays text: no cell is ever reckoned with by a spreadsheet (clienteling/spreadsheet.py says what is a formula).
"""

from __future__ import annotations

import enum
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from clienteling import spreadsheet
from integrations.reports.columns import Column, Kind, Row, Value

GROUP = 5000  # rows of a Parquet row group, held in memory at once
SHEET_ROWS = 1_048_576  # of a sheet, its heading included (the format's limit)
CELL = 32_767  # characters


class Format(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Writer(ABC):
    """Rows of `columns` into the file `path`, which nobody but us can read. `notes`: how to read it.

    Used as a context: what was not closed in peace is not finished either.
    """

    def __init__(self, path: Path, columns: Sequence[Column], notes: Sequence[str]) -> None:
        self.path = path
        self.columns = columns
        self.notes = notes

    def __enter__(self) -> Writer:
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        self.open()
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        self.close(finished=kind is None)

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def write(self, row: Row) -> None: ...

    @abstractmethod
    def close(self, *, finished: bool) -> None: ...


class CsvWriter(Writer):
    """UTF-8, begun with the mark by which spreadsheets know that. Notes have no place in it."""

    def open(self) -> None:
        self.file = self.path.open("w", encoding="utf-8-sig", newline="", errors="replace")
        self.file.write(spreadsheet.line(column.name for column in self.columns))

    def write(self, row: Row) -> None:
        self.file.write(spreadsheet.line(_plain(row[column.name]) for column in self.columns))

    def close(self, *, finished: bool) -> None:
        self.file.close()


def _plain(value: Value) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


class XlsxWriter(Writer):
    """Goes on in another sheet where one is full; the notes have a sheet of their own, the last."""

    def open(self) -> None:
        self.scratch = self.path.with_suffix(".tmp")  # rows wait there until the book is put together
        self.scratch.mkdir(mode=0o700, exist_ok=True)
        options = {
            "constant_memory": True,
            "tmpdir": str(self.scratch),
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        self.book = xlsxwriter.Workbook(str(self.path), options)
        self.book.use_zip64()
        self.bold = self.book.add_format({"bold": True})
        self.sheets = 0
        self._next_sheet()

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.sheet = self.book.add_worksheet("Rows" if self.sheets == 1 else f"Rows {self.sheets}")
        self.sheet.freeze_panes(1, 0)
        for place, column in enumerate(self.columns):
            self.sheet.write_string(0, place, column.name, self.bold)
        self.line = 1

    def write(self, row: Row) -> None:
        if self.line >= SHEET_ROWS:
            self._next_sheet()
        for place, column in enumerate(self.columns):
            value = row[column.name]
            if isinstance(value, bool):
                self.sheet.write_boolean(self.line, place, value)
            elif isinstance(value, str):
                self.sheet.write_string(self.line, place, value[:CELL])
            elif value is not None:
                self.sheet.write_number(self.line, place, value)
        self.line += 1

    def close(self, *, finished: bool) -> None:
        try:
            if finished:
                self._put_together()
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _put_together(self) -> None:
        if self.notes:
            sheet = self.book.add_worksheet("Notes")
            for line, note in enumerate(self.notes):
                sheet.write_string(line, 0, note[:CELL])
        self.book.close()


TYPES = {Kind.TEXT: pa.string(), Kind.WHOLE: pa.int64(), Kind.FLAG: pa.bool_(), Kind.AMOUNT: pa.decimal128(18, 2)}


class ParquetWriter(Writer):
    """The notes are in the file's own metadata, under `notes`."""

    def open(self) -> None:
        metadata = {"notes": "\n".join(self.notes)} if self.notes else None
        fields = [pa.field(column.name, TYPES[column.kind]) for column in self.columns]
        self.schema = pa.schema(fields, metadata=metadata)
        self.file = pq.ParquetWriter(str(self.path), self.schema, compression="zstd")
        self.held: list[Row] = []

    def write(self, row: Row) -> None:
        self.held.append(row)
        if len(self.held) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        if self.held:
            self.file.write_table(pa.Table.from_pylist(self.held, schema=self.schema))
        self.held = []

    def close(self, *, finished: bool) -> None:
        if finished:
            self._flush()
        self.file.close()


WRITERS: dict[Format, type[Writer]] = {Format.CSV: CsvWriter, Format.XLSX: XlsxWriter, Format.PARQUET: ParquetWriter}


def writer(format: Format, path: Path, columns: Sequence[Column], notes: Sequence[str] = ()) -> Writer:
    return WRITERS[format](path, columns, notes)
