"""Celery's broker of plain files, as the demo uses it, made safe: a message is either there whole or not there.

Kombu's own writes a message where it is read, so a worker that looks at the wrong moment finds an empty file and dies.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Written under a name that no reader looks for, then renamed in one step."""
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f"{name}.part"
        part.write_text(dumps(payload))
        part.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
