"""What head office does with people: roles, marks, invitations, sessions. Each is written to the audit trail."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from clienteling import audit, second_factor
from clienteling.models import Deed, Invitation, StaffMember, User
from clienteling.permissions import Mark


def set_role(place: StaffMember, role: str, *, author: User) -> None:
    """`role` "" hands it back to the booking system, which says it again at the next sync."""
    before = place.role
    place.role, place.role_pinned = role or place.role, bool(role)
    place.save(update_fields=["role", "role_pinned"])
    after = role or "as_provider"
    audit.record(Deed.ROLE_CHANGED, user=author, store=place.store_id, about=place, before=before, after=after)


def set_marks(user: User, *, is_head_office: bool, is_support: bool, author: User) -> None:
    before = [mark.value for mark in user.marks]
    user.is_head_office, user.is_support = is_head_office, is_support
    user.save(update_fields=["is_head_office", "is_support"])
    after = [mark.value for mark in user.marks]
    audit.record(Deed.MARKS_CHANGED, user=author, about=user, before=before, after=after)


def _log_out_everywhere(user: User) -> None:
    user.end_sessions()
    UserSession.objects.filter(user=user).delete()


def end_sessions(user: User, *, author: User) -> None:
    _log_out_everywhere(user)
    audit.record(Deed.SESSIONS_ENDED, user=author, about=user)


def forget_factors(user: User, *, author: User) -> None:
    """For somebody who has lost hers: she sets up a new one at her next log-in, which needs her password."""
    number = second_factor.forget(user)
    _log_out_everywhere(user)
    audit.record(Deed.FACTORS_FORGOTTEN, user=author, about=user, number=number)


def close_account(user: User, *, author: User) -> None:
    """She is out at her next request, and her sessions stay over if the account is opened again."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    _log_out_everywhere(user)
    audit.record(Deed.ACCOUNT_CLOSED, user=author, about=user)


def open_account(user: User, *, author: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=True)
    audit.record(Deed.ACCOUNT_OPENED, user=author, about=user)


def invite(*, email: str, place: StaffMember | None, mark: str, author: User) -> tuple[Invitation, str]:
    """An invitation, and the token for its link."""
    with transaction.atomic():
        made, token = Invitation.make(email=email, place=place, mark=mark, author=author, now=timezone.now())
        store = place.store_id if place else None
        audit.record(Deed.INVITED, user=author, about=made, store=store)
    return made, token


def send(invitation: Invitation, *, link: str) -> None:
    """Network. OSError (SMTPException is one) when the mail cannot be handed over."""
    context = {"invitation": invitation, "link": link}
    subject = " ".join(render_to_string("clienteling/invitation_subject.txt", context).split())
    send_mail(subject, render_to_string("clienteling/invitation.txt", context), None, [invitation.email])


def account_for(invitation: Invitation) -> User | None:
    """The account that the invited address has already."""
    return User.objects.filter(email__iexact=invitation.email).first()


def join_as_newcomer(invitation: Invitation, *, name: str, password: str) -> User | None:
    """Make the account. None: the address has one by now, or the invitation was used; nothing was changed then."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name)
            if not _take(invitation, user):
                raise _TooLate
    except (IntegrityError, _TooLate):
        return None
    return user


def join(invitation: Invitation, user: User) -> bool:
    """Join what the invitation is for to the account of who is logged in: hers, by its e-mail."""
    if user.email.lower() != invitation.email.lower():
        return False
    try:
        with transaction.atomic():
            if not _take(invitation, user):
                raise _TooLate
    except _TooLate:
        return False
    return True


class _TooLate(Exception):
    """Used meanwhile, or the place has somebody else."""


def _take(invitation: Invitation, user: User) -> bool:
    if not invitation.accept(user, now=timezone.now()):
        return False
    if invitation.place_id:
        free = StaffMember.objects.filter(Q(user=None) | Q(user=user), pk=invitation.place_id)
        if not free.update(user=user, user_pinned=True):
            return False
    if invitation.mark:
        field = {Mark.HEAD_OFFICE: "is_head_office", Mark.SUPPORT: "is_support"}[Mark(invitation.mark)]
        User.objects.filter(pk=user.pk).update(**{field: True})
    store = invitation.place.store_id if invitation.place else None
    audit.record(Deed.JOINED, user=user, about=invitation, store=store)
    return True
