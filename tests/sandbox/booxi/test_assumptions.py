from importlib import import_module

import pytest

from integrations.sandbox.booxi.assumptions import ASSUMPTIONS, Assumption

CARRIED = [entry for entry in ASSUMPTIONS if entry.constant is not None]


@pytest.mark.parametrize("entry", CARRIED, ids=lambda entry: entry.constant)
def test_named_constant_exists(entry: Assumption) -> None:
    path = entry.constant or ""
    module, _, name = (path if "." in path else f"booxi.assumptions.{path}").rpartition(".")

    assert hasattr(import_module(f"integrations.sandbox.{module}"), name)


def test_no_assumption_is_written_twice() -> None:
    decisions = [entry.decision for entry in ASSUMPTIONS]

    assert len(decisions) == len(set(decisions))
