from __future__ import annotations

from pathlib import Path

import pytest
from kombu import Connection

import clienteling.celery  # noqa: F401 - names the transport
from clienteling.broker import Transport


@pytest.fixture
def broker(tmp_path: Path) -> Connection:
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    return Connection("filesystem://", transport_options=options)


def test_messages_of_the_file_broker_go_through_ours(broker: Connection) -> None:
    assert isinstance(broker.transport, Transport)
    channel = broker.channel()
    for number in range(3):
        channel._put("celery", {"number": number})
    assert sorted(channel._get("celery")["number"] for _ in range(3)) == [0, 1, 2]


def test_a_message_is_never_there_by_half(broker: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_while_writing: list[list[str]] = []
    write = Path.write_text

    def slowly(self: Path, text: str, *args: object, **kwargs: object) -> int:
        self.touch()
        seen_while_writing.append([one.name for one in (tmp_path / "queue").glob("*.celery.msg")])
        return write(self, text)

    monkeypatch.setattr(Path, "write_text", slowly)
    broker.channel()._put("celery", {"a": 1})
    assert seen_while_writing == [[]]
    assert len(list((tmp_path / "queue").glob("*.celery.msg"))) == 1
    assert not list((tmp_path / "queue").glob("*.part"))
