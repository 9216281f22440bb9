"""`./run demo`: web server, worker and the vendor sandbox on this machine, with people to log in as."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess  # noqa: S404 - starts our own processes, with arguments we wrote
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.urls import reverse

from clienteling.models import StaffMember, User
from integrations import sync, tasks
from integrations.models import Connection, StoreLink

PATIENCE = 15  # seconds a process gets to stop by itself
GENEROUS_PACE, VENDOR_PACE = 400.0, 5.0  # calls per second
# They protect a demo on one's own machine.
BOOXI_WEBHOOK_SECRET = "demo-webhook-secret-of-the-booking-system"  # noqa: S105
BOOKER_WEBHOOK_SECRET = "demo-webhook-secret-of-the-spa"  # noqa: S105
BOOKER_CUSTOMERS = 1500  # enough to look around in, and read within the first minute
MANY_CALLS = 100_000  # a day; the vendor's own number is asked for with --quota vendor
CRM_WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"demo-webhook-secret-of-the-crm").decode()


class Command(BaseCommand):
    help = "Run the demo: everything on 127.0.0.1, stopped with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="start over: forget everything of the demo")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=8700)
        parser.add_argument("--quota", choices=["generous", "vendor"], default="generous", help="vendor: as at Booxi")
        parser.add_argument("--once", action="store_true", help="prepare and start, then stop: for testing the demo")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Start the demo with ./run demo.")
        if options["reset"]:
            _forget()
        (settings.VAR / "tmp").mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        _collect_static()
        crew = Crew(settings.VAR)
        try:
            self._start(crew, options)
            self._welcome(options["port"], options["sandbox_port"])
            if not options["once"]:
                crew.watch()
        except KeyboardInterrupt:
            pass
        finally:
            self.stdout.write("\nStopping ...")
            crew.stop()

    def _start(self, crew: Crew, options: dict[str, Any]) -> None:
        sandbox = f"http://127.0.0.1:{options['sandbox_port']}"
        os.environ["CLIENTELING_DEMO_OUTSIDE"] = f"{sandbox}/"  # the web server links to it
        crew.start(
            "sandbox",
            [sys.executable, "-m", "integrations.sandbox", "--port", str(options["sandbox_port"])]
            + ["--state", str(settings.VAR / "sandbox.sqlite3"), "--quota", options["quota"]]
            + ["--booker-customers", str(BOOKER_CUSTOMERS)],
        )
        crew.wait_for(f"{sandbox}/__sandbox/health", "sandbox", 60)
        crm = _customer_system(f"{sandbox}/crm/v1")
        booxi = _connection(f"{sandbox}/booking/v1", options["quota"], crm)
        booker = _booker(sandbox, options["quota"], crm)
        _people()
        for one in (booxi, booker):
            if not StoreLink.objects.filter(connection=one).exists():
                sync.request_full(connection=one)  # later starts read what has become old
                tasks.work.delay()
        connections.close_all()
        crew.start("worker", [sys.executable, "-m", "celery", "-A", "clienteling", "worker", *WORKER])
        crew.start("web", [sys.executable, "-m", "gunicorn", "clienteling.wsgi", *_web(options["port"])])
        crew.wait_for(f"http://127.0.0.1:{options['port']}/account/login/", "web", 30)
        for one in (booxi, booker, crm):
            _tell_news_to(one, sandbox, f"http://127.0.0.1:{options['port']}")

    def _welcome(self, port: int, sandbox_port: int) -> None:
        self.stdout.write(f"\n  Clienteling is at  http://127.0.0.1:{port}/\n")
        for person in settings.DEMO_PEOPLE:
            self.stdout.write(f"    {person['role_label']!s:<15} {person['email']:<28} {person['password']}")
        outside = f"http://127.0.0.1:{sandbox_port}"
        self.stdout.write(f"\n  The systems outside, to play with:  {outside}/")
        for path, what in OUTSIDE:
            self.stdout.write(f"    {outside + path:<34} {what}")
        self.stdout.write("\n  The first pages fill within a minute; Ctrl-C stops everything.\n")


OUTSIDE = (
    ("/widget", "book on the shop's web site"),
    ("/calendar", "Booxi's own calendar"),
    ("/booker", "the spa's own calendar, at Booker"),
    ("/crm", "the customer system"),
    ("/__chaos", "make things go wrong"),
)
# One process, threads, with the beat inside: enough for one machine (README, "Deploy", has the real thing).
WORKER = ["-B", "-P", "threads", "-c", "4", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]


def _web(port: int) -> list[str]:
    return ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--log-level", "warning"]


def _collect_static() -> None:
    """Once for each state of the files: compressing takes longer than the rest of a start."""
    stamp = settings.STATIC_ROOT / ".made-from"
    files = [settings.BASE_DIR / "requirements.txt", *sorted((settings.BASE_DIR / "static").rglob("*"))]
    made_from = "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in files)
    if not stamp.exists() or stamp.read_text() != made_from:
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(made_from)


def _forget() -> None:
    connections.close_all()
    if settings.VAR.name != "demo":
        raise CommandError("--reset only forgets a demo.")
    shutil.rmtree(settings.VAR, ignore_errors=True)
    for folder in ("queue", "control"):
        (settings.VAR / "broker" / folder).mkdir(parents=True, exist_ok=True)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def _connection(base_url: str, quota: str, crm: Connection) -> Connection:
    pace = VENDOR_PACE if quota == "vendor" else GENEROUS_PACE
    values: dict[str, Any] = {
        "kind": Connection.Kind.BOOXI,
        "base_url": base_url,
        "secrets": {"partner_key": "sandbox-partner-key", "webhook_secret": BOOXI_WEBHOOK_SECRET},
        "module_id": "demo_crm",
        "crm": crm,
        "pace": pace,
    }
    connection, _ = Connection.objects.update_or_create(name="Booxi (sandbox)", defaults=values)
    return connection


def _booker(address: str, quota: str, crm: Connection) -> Connection:
    """All three locations of the spa brand, by its personal access token; signing in there can be tried beside it."""
    is_vendor = quota == "vendor"
    values: dict[str, Any] = {
        "kind": Connection.Kind.BOOKER,
        "base_url": address,
        "sign_in_url": address,
        "client_id": "sandbox-booker-client",
        "brand_id": "700",
        "location_id": "10001,10002,10003",
        "scope": "merchant",
        "webhook_scheme": Connection.Scheme.HMAC_BASE64,
        "module_id": "demo_crm",
        "crm": crm,
        "pace": None if is_vendor else GENEROUS_PACE,
        "daily_calls": None if is_vendor else MANY_CALLS,
    }
    secrets = {
        "client_secret": "sandbox-booker-secret",
        "subscription_key": "sandbox-booker-key",
        "personal_access_token": "sandbox/booker+pat/brand==",
        "webhook_secret": BOOKER_WEBHOOK_SECRET,
    }
    connection, _ = Connection.objects.update_or_create(name="Booker (sandbox)", defaults=values)
    # What somebody signed in with since the last start stays.
    connection.secrets = {**connection.secrets, **secrets}
    connection.save(update_fields=["secrets"])
    return connection


def _customer_system(base_url: str) -> Connection:
    values: dict[str, Any] = {
        "kind": Connection.Kind.CRM,
        "base_url": base_url,
        "secrets": {"crm_key": "sandbox-crm-key", "webhook_secret": CRM_WEBHOOK_SECRET},
        "webhook_scheme": Connection.Scheme.STANDARD,
        "pace": GENEROUS_PACE,
    }
    connection, _ = Connection.objects.update_or_create(name="CRM (sandbox)", defaults=values)
    return connection


def _tell_news_to(connection: Connection, sandbox: str, site: str) -> None:
    """Have the sandbox send its news here; what it was told at an earlier start of the demo is forgotten first."""
    address = site + reverse("webhook", args=[connection.webhook_token])
    with httpx.Client(base_url=sandbox, timeout=10, trust_env=False) as vendor:
        for old in vendor.get("/__sandbox/webhooks").json()["webhooks"]:
            if old["url"].endswith(reverse("webhook", args=[connection.webhook_token])):
                vendor.delete(f"/__sandbox/webhooks/{old['id']}")
        wanted = {
            "url": address,
            "secret": connection.secrets["webhook_secret"],
            "source": connection.kind,
            "scheme": connection.webhook_scheme,
        }
        vendor.post("/__sandbox/webhooks", json=wanted).raise_for_status()


def _people() -> None:
    """The demo's log-ins; the sync links them to staff by their log-in e-mail."""
    for person in settings.DEMO_PEOPLE:
        email = str(person["email"])
        marks = {"is_head_office": email.startswith("helene"), "is_support": email.startswith("support")}
        user, created = User.objects.get_or_create(email=email, defaults=marks)
        if created:
            user.set_password(settings.DEMO_PASSWORD)
            user.name = email.split("@")[0].replace(".", " ").title()
            user.save()
            StaffMember.objects.filter(login_email=user.email).update(user=user)


class Crew:
    """The demo's processes. Each is told to stop by itself first; only what hangs is killed."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str]) -> None:
        log = (self.var / f"{name}.log").open("ab")
        # A session of its own: Ctrl-C reaches us alone, and we stop the others in order.
        self.processes[name] = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(self.var / "tmp")},
        )
        log.close()

    def wait_for(self, url: str, name: str, seconds: int) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.processes[name].poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - 127.0.0.1 only
                    return
            except OSError:
                time.sleep(0.2)
        log = self.var / f"{name}.log"
        said = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise CommandError("\n  ".join([f"The {name} did not start:", *said, f"All that it said is in {log}."]))

    def watch(self) -> None:
        """Until somebody stops us, or one of them ends."""
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        while True:
            time.sleep(0.5)
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise CommandError(f"The {name} has stopped; its log is {self.var / f'{name}.log'}.")

    def stop(self) -> None:
        """Web first, so that nothing new comes in; the sandbox last, so that the worker can finish."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave the others behind
        for name in ("web", "worker", "sandbox"):
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
