"""Files for a spreadsheet, which takes a cell that begins like a formula for one, whoever wrote it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

BEGINS_A_FORMULA = re.compile("[\\s\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r\\n]")
# It stays as it is: nothing can be reckoned from a plus sign and digits but the number itself.
PHONE = re.compile(r"\+[0-9][0-9 ]{3,30}")


def line(cells: Iterable[Any]) -> str:
    """One line of CSV. Text that a spreadsheet would reckon with is kept text by an apostrophe; numbers are numbers."""
    written = io.StringIO()
    csv.writer(written).writerow([cell if isinstance(cell, int | Decimal) else harmless(str(cell)) for cell in cells])
    return written.getvalue()


def harmless(cell: str) -> str:
    if BEGINS_A_FORMULA.match(cell) and not PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell
