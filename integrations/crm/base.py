"""One interface over customer systems. A connector only translates: its system's words in, records out, no database."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer. `values` by our names of the fields; what the CRM did not say is not among them.

    Moments are aware and in UTC. `times`: when each field was last changed, where the CRM tells ("consent" too);
    `modified_at`: when anything of her was. Printing a record shows no personal data.
    """

    external_id: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    consent: bool | None = None
    modified_at: dt.datetime | None = None
    times: Mapping[str, dt.datetime] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def full_name(self) -> str:
        return f"{self.get('first_name')} {self.get('last_name')}".strip()


class CustomerMerged(Exception):
    """The customer lives on under `new_id`."""

    def __init__(self, new_id: str) -> None:
        super().__init__("customer merged")
        self.new_id = new_id


class Duplicates(Exception):
    """The CRM would not create her, because these could be she already."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("duplicates")
        self.ids = list(ids)


class Crm(ABC):
    """Every method is one call over the network.

    All raise `Unavailable`, `Refused` or `Misconfigured` of `bookings.gateway` and nothing else, unless said.
    """

    @abstractmethod
    def find(self, *, external_id: str = "", email: str = "", phone: str = "") -> list[CustomerRecord]:
        """Customers that match the one thing given, compared in normal form. Merged ones are not among them."""

    @abstractmethod
    def read(self, customer_id: str) -> CustomerRecord:
        """Raises CustomerMerged as well; Refused(GONE) when there is no such customer."""

    @abstractmethod
    def create(
        self, values: Mapping[str, str], *, consent: bool, key: str, allow_duplicate: bool = False
    ) -> CustomerRecord:
        """The same `key` again answers with the customer created before. Raises Duplicates as well."""

    @abstractmethod
    def update(self, customer_id: str, values: Mapping[str, str], *, consent: bool | None = None) -> CustomerRecord:
        """Changes the fields given and no others. Raises CustomerMerged as well."""

    @abstractmethod
    def erase(self, customer_id: str) -> None:
        """Forget her. One who is gone already is no error."""
