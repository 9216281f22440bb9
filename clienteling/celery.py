"""The Celery application. Messages are only wake-ups: what has to be done stands in the database."""

import logging
import os

from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clienteling.settings")
TRANSPORT_ALIASES["filesystem"] = "clienteling.broker:Transport"

app = Celery("clienteling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger(__name__)


def wake(task: str) -> None:
    """Have a worker look now. Losing this message costs a few seconds: the schedule looks as well."""
    try:
        app.send_task(task)
    except (OperationalError, OSError):
        logger.warning("no broker to wake a worker")
