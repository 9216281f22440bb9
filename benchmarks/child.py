"""`python -m benchmarks.child MODULE [ARGUMENT ...]`: a module's `main` in a process of its own, Django ready.

What `main` returns is printed as one line of JSON, the last one. A SIGTERM ends it by way of its `finally`s.
"""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
from typing import Any

import django


def run(module: str, *arguments: str, seconds: float) -> Any:
    """What `module` measured. CalledProcessError when it failed, TimeoutExpired (and it is ended) after `seconds`."""
    process = start(module, *arguments)
    try:
        return result(process, seconds=seconds)
    finally:
        stop(process)


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.child", module, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str], *, seconds: float) -> Any:
    """What a started child measured; raises as `run`."""
    output, _ = process.communicate(timeout=seconds)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return json.loads(output.splitlines()[-1])


def stop(process: subprocess.Popen[Any]) -> None:
    """End what may still be running: asked first, killed after ten seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(module: str, *arguments: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    django.setup()
    # Models can be imported only now.
    print(json.dumps(importlib.import_module(f"benchmarks.{module}").main(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
