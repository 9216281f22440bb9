"""One store's people with one full day, as on our board, and what a page about it asks the database.

python -m benchmarks.djappointment.prepare PEOPLE BOOKINGS_A_DAY

Prints one line of JSON: `version`; `pages`, by name: `path`, `headers` to ask with, `words` on it, `queries`,
`html` and `compressed` (bytes).
"""

import datetime as dt
import gzip
import json
import sys
from importlib.metadata import version
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

OPENS, CLOSES = dt.time(9), dt.time(19)
APART, LASTS = dt.timedelta(minutes=25), dt.timedelta(minutes=20)
SERVICES, CLIENTS = 12, 500


def main(people: int, a_day: int) -> None:
    django.setup()
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    # The day after today: it takes no bookings in the past, and of today it leaves out what is over.
    day = timezone.localdate() + dt.timedelta(days=1)
    manager = _fill(people, a_day, day)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    found = {name: _counted(page) for name, page in _pages(people, day, manager).items()}
    print(json.dumps({"version": version("django-appointment"), "pages": found}))


def _pages(people: int, day: dt.date, manager: Any) -> dict[str, dict[str, Any]]:
    from appointment.models import Service, StaffMember  # noqa: PLC0415 - models can be imported only now
    from django.test import Client as Browser  # noqa: PLC0415

    browser = Browser()
    browser.force_login(manager)
    asked = f"selected_date={day}&staff_member={StaffMember.objects.first().pk}&service_id={Service.objects.first().pk}"
    return {
        "slots": {
            "path": f"{reverse('appointment:available_slots_ajax')}?{asked}",
            "headers": {"X-Requested-With": "XMLHttpRequest"},
            "words": "Successfully retrieved available slots",
        },
        "calendar": {
            "path": reverse("appointment:get_user_appointments"),
            "headers": {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"},
            "words": f"Person {people - 1} Bench",
        },
    }


def _counted(page: dict[str, Any]) -> dict[str, Any]:
    """The second time: what a process learns once is learnt by then."""
    from django.test import Client as Browser  # noqa: PLC0415

    browser = Browser(SERVER_NAME="127.0.0.1")
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            body = browser.get(page["path"], headers=page["headers"]).content
    assert page["words"] in body.decode(), page["path"]
    return {**page, "queries": len(queries), "html": len(body), "compressed": len(gzip.compress(body, 6))}


# --- people and a day -----------------------------------------------------------------------------------


def _fill(people: int, a_day: int, day: dt.date) -> Any:
    """Returns who may see everybody's calendar."""
    from appointment.models import Appointment, AppointmentRequest  # noqa: PLC0415

    services, staff, clients = _services(), _staff(people), _clients()
    requests = []
    for one in staff:
        for place in range(a_day):
            starts_at = dt.datetime.combine(day, OPENS) + place * APART
            number = len(requests)
            requests.append(
                AppointmentRequest(
                    date=day,
                    start_time=starts_at.time(),
                    end_time=(starts_at + LASTS).time(),
                    service=services[number % SERVICES],
                    staff_member=one,
                    id_request=f"request-{number}",
                )
            )
    AppointmentRequest.objects.bulk_create(requests)
    Appointment.objects.bulk_create(
        Appointment(
            client=clients[number % CLIENTS], appointment_request=asked, amount_to_pay=40, id_request=str(number)
        )
        for number, asked in enumerate(requests)
    )
    return _user().objects.create_superuser("manager", "manager@bench.test", None)


def _services() -> list[Any]:
    from appointment.models import Config, Service  # noqa: PLC0415

    Config.objects.create(
        slot_duration=30, lead_time=OPENS, finish_time=CLOSES, appointment_buffer_time=0, website_name="Bench"
    )
    return Service.objects.bulk_create(
        Service(name=f"Service {number}", duration=LASTS, price=40, currency="EUR") for number in range(SERVICES)
    )


def _staff(people: int) -> list[Any]:
    from appointment.models import StaffMember, WorkingHours  # noqa: PLC0415

    users = _user().objects.bulk_create(
        _user()(username=f"person-{number}", first_name=f"Person {number}", last_name="Bench", is_staff=True)
        for number in range(people)
    )
    staff = StaffMember.objects.bulk_create(
        StaffMember(user=user, work_on_saturday=True, work_on_sunday=True) for user in users
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(staff_member=one, day_of_week=weekday, start_time=OPENS, end_time=CLOSES)
        for one in staff
        for weekday in range(7)
    )
    return staff


def _clients() -> list[Any]:
    return _user().objects.bulk_create(
        _user()(username=f"client-{number}", first_name="Client", last_name=f"Number {number}")
        for number in range(CLIENTS)
    )


def _user() -> Any:
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    return get_user_model()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
