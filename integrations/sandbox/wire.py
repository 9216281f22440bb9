"""What goes wrong below HTTP, said by the application and done by the server."""

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_KEY = "sandbox.wire"


@dataclass(frozen=True, kw_only=True)
class Wire:
    """`hold`: keep silent for `seconds`, then hang up. `reset`: hang up hard. `drip`: take `seconds` to answer."""

    action: str
    seconds: float = 0.0


def listen(environ: dict[str, Any]) -> list[Wire]:
    """Where the application will put what it asks of the wire: a list, since environs are copied on their way."""
    asked: list[Wire] = []
    environ[_KEY] = asked
    return asked


def ask(environ: dict[str, Any], what: Wire) -> None:
    """Without a server that listens (in process, say) nothing comes of it."""
    environ.get(_KEY, []).append(what)


def hold(connection: socket.socket, *, seconds: float) -> None:
    """Wait without answering, until the time is up or the other side gives up."""
    connection.settimeout(seconds)
    try:
        connection.recv(1)
    except OSError:
        return


def reset(connection: socket.socket) -> None:
    """Close with a RST instead of a FIN: no lingering, nothing delivered. Files made of it must be closed before."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(write: Callable[[bytes], object], answer: bytes, *, seconds: float, pieces: int = 40) -> None:
    """Send the answer in small pieces spread over `seconds`."""
    size = max(1, len(answer) // pieces)
    for start in range(0, len(answer), size):
        write(answer[start : start + size])
        time.sleep(seconds / pieces)
