from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from clienteling import audit, privacy
from clienteling.models import Invitation


@shared_task
def anonymise_due() -> None:
    privacy.anonymise_due(now=timezone.now())


@shared_task
def tidy() -> None:
    """What nobody needs any more: old entries of the audit trail, old invitations, sessions that are over (their
    messages name clients)."""
    audit.forget_old(timezone.now())
    Invitation.objects.forget_old(timezone.now())
    call_command("clearsessions")
