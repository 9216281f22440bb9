from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Connection
from integrations.reports import running
from integrations.reports.columns import Row
from integrations.reports.registry import REPORTS
from integrations.switchboard import Purpose
from tests.people import NOW
from tests.vendors import Vendor

M = "/v4.1/merchant"


class Truth:
    """What the sandbox's Booker says, asked without any of our own code."""

    def __init__(self, vendor: Vendor) -> None:
        self.raw = vendor.raw
        told = vendor.story()["booker"]
        self.key = {"Ocp-Apim-Subscription-Key": told["subscription_keys"]["all"]}
        form = {
            "grant_type": "personal_access_token",
            "client_id": told["client_id"],
            "client_secret": told["client_secret"],
            "scope": "merchant",
            "personal_access_token": told["personal_access_tokens"]["brand"],
        }
        self.brand = self.raw.post("/v5/auth/connect/token", data=form, headers=self.key).json()["access_token"]
        self.tokens: dict[int, str] = {}
        self.locations = self.all("/locations", None)

    def token(self, location: int | None) -> str:
        if location is None:
            return self.brand
        if location not in self.tokens:
            headers = {**self.key, "Authorization": f"Bearer {self.brand}"}
            asked = {"locationId": str(location), "brandId": "7001"}
            brand = self.raw.get("/__story").json()["booker"]["brand_id"]
            asked["brandId"] = str(brand)
            self.tokens[location] = self.raw.post("/v5/auth/context/update", params=asked, headers=headers).json()
        return self.tokens[location]

    def all(self, path: str, location: int | None, key: str = "Results", **body: Any) -> list[dict[str, Any]]:
        asked = {"access_token": self.token(location), "UsePaging": False, **body}
        answer = self.raw.post(f"{M}{path}", json=asked, headers=self.key).json()
        assert answer["IsSuccess"], answer
        found: list[dict[str, Any]] = answer[key]
        return found

    def get(self, path: str, location: int, **asked: str) -> dict[str, Any]:
        params = {"access_token": self.token(location), **asked}
        answer = self.raw.get(f"{M}{path}", params=params, headers=self.key).json()
        assert answer["IsSuccess"], answer
        found: dict[str, Any] = answer
        return found

    def everywhere(self, path: str, key: str = "Results", **body: Any) -> list[dict[str, Any]]:
        """Entries of all locations, one location after the other."""
        return [row for place in self.locations for row in self.all(path, place["ID"], key, **body)]

    def customers(self, **body: Any) -> list[dict[str, Any]]:
        found = self.everywhere("/customers", "Customers", FilterByExactLocationID=True, **body)
        return [one["Customer"] for one in found]

    def in_full(self) -> list[dict[str, Any]]:
        return [
            self.get(f"/customer/{one['ID']}", one["LocationID"])["Customer"]["Customer"] for one in self.customers()
        ]


@pytest.fixture
def truth(vendor: Vendor) -> Truth:
    return Truth(vendor)


@pytest.fixture(autouse=True)
def _at_the_sandboxs_time(vendor_time: object, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"
    settings.BOOKER_PAGE = 7  # many pages of few rows
    monkeypatch.setattr(running, "PAUSES", (0.01, 0.01))


ALWAYS = {"start": {"back": 3000}, "end": {"back": 0}}
Read = Callable[..., list[Row]]


@pytest.fixture
def read(booker: Connection) -> Read:
    """`read("rooms", locations=[...])`: the rows of a report, of all time unless told otherwise."""

    def rows(slug: str, **kept: Any) -> list[Row]:
        report = REPORTS[slug]
        if "period" in report.takes and not kept.get("defaults"):
            kept = ALWAYS | kept
        opened = running.open_source(booker, Purpose.SWEEP, now=NOW, pauses=(0.01, 0.01))
        return list(report.rows(opened, report.read(kept)))

    return rows
