"""Stores and the people who work in them. Who may see what starts here: `for_user`."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from clienteling.permissions import Action, Mark, Role, hers, reach

if TYPE_CHECKING:
    from clienteling.permissions import Anybody


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, is_head_office=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in. What she may do in a store is said by her `StaffMember` rows."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_head_office = models.BooleanField(_("head office"), default=False)
    is_support = models.BooleanField(_("support"), default=False, help_text="Reads settings and logs, no personal data")
    date_joined = models.DateTimeField(default=timezone.now)
    sessions_epoch = models.PositiveIntegerField(default=0, help_text="Part of what proves a session: growing ends all")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """What a session must prove at each request; another password or epoch ends it."""
        return self._session_proof()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_proof(secret)

    def _session_proof(self, secret: str | bytes | None = None) -> str:
        salt = "clienteling.models.User.session"
        text = f"{self.password}:{self.sessions_epoch}"
        return salted_hmac(salt, text, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Every session of hers is over at its next request, also those that nobody keeps a list of."""
        User.objects.filter(pk=self.pk).update(sessions_epoch=models.F("sessions_epoch") + 1)
        self.refresh_from_db(fields=["sessions_epoch"])

    @cached_property
    def memberships(self) -> list[StaffMember]:
        """Her places in stores, read once per request."""
        rows = StaffMember.objects.filter(user=self, is_active=True, store__is_active=True)
        return list(rows.select_related("store").order_by("store__name", "pk"))

    @property
    def marks(self) -> list[Mark]:
        """What she is everywhere, beside her roles in stores."""
        marks = ((Mark.HEAD_OFFICE, self.is_head_office), (Mark.SUPPORT, self.is_support))
        return [mark for mark, has in marks if has]

    def member_in(self, store: Store) -> StaffMember | None:
        """Her place in `store`, if she has one."""
        return next((member for member in self.memberships if member.store_id == store.pk), None)


class StoreQuerySet(models.QuerySet["Store"]):
    def for_user(self, user: Anybody, action: Action = Action.SEE_STORE) -> StoreQuerySet:
        """The stores in which `user` may do `action`: those she works in, all for head office, none for a stranger."""
        where = reach(user, action)
        if where.everywhere:
            return self.filter(is_active=True)
        return self.filter(pk__in=where.store_ids) if where else self.none()

    def touch(self) -> int:
        """Tell every open page of these stores that there is something new to see, once the transaction ends."""
        return self.order_by().update(stamp=models.F("stamp") + 1)


class Store(models.Model):
    """A place clients visit. Its time zone is the zone of everything that happens in it."""

    name = models.CharField(max_length=150)
    number = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name")
    currency = models.CharField(max_length=3, default="EUR")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166, for phone numbers")
    language = models.CharField(max_length=8, blank=True)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    weekly_hours = models.JSONField(
        default=list, blank=True, help_text='[{"weekday": 0=Monday, "start": "09:00", "end": "18:00"}]'
    )
    limits: Any = models.JSONField(
        default=list, blank=True, help_text="Kinds of change that its booking system takes only in its own calendar"
    )
    is_active = models.BooleanField(default=True)
    stamp = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Grows with whatever an open page of the store would show differently"
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def local(self, moment: dt.datetime) -> dt.datetime:
        return moment.astimezone(self.zone)

    def today(self) -> dt.date:
        return self.local(timezone.now()).date()

    def day_bounds(self, day: dt.date, days: int = 1) -> tuple[dt.datetime, dt.datetime]:
        """First instant of `day` and of the day `days` later, in this store: 23, 24 or 25 hours apart for one day."""
        start = dt.datetime.combine(day, dt.time(), tzinfo=self.zone)
        end = dt.datetime.combine(day + dt.timedelta(days=days), dt.time(), tzinfo=self.zone)
        return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


class StaffMemberQuerySet(models.QuerySet["StaffMember"]):
    def for_user(self, user: Anybody) -> StaffMemberQuerySet:
        """Colleagues: everybody who works in the stores `user` may see."""
        return self.filter(store__in=Store.objects.for_user(user))

    def calendars_for(self, user: Anybody) -> StaffMemberQuerySet:
        """Whose calendars `user` may open: her own; every one of the stores she manages; all for head office."""
        return self._own_or_of_stores(user, Action.SEE_OWN_CALENDAR, Action.SEE_STORE_CALENDARS)

    def bookable_by(self, user: Anybody) -> StaffMemberQuerySet:
        """With whom `user` may book: everybody in her stores; a restricted associate with herself."""
        return self._own_or_of_stores(user, Action.CHANGE_OWN_BOOKINGS, Action.BOOK_FOR_COLLEAGUES)

    def time_managed_by(self, user: Anybody) -> StaffMemberQuerySet:
        """In whose calendars `user` may enter busy and extra time."""
        return self._own_or_of_stores(user, Action.MANAGE_OWN_TIME, Action.MANAGE_STORE_TIME)

    def _own_or_of_stores(self, user: Anybody, own: Action, stores: Action) -> StaffMemberQuerySet:
        theirs = hers(user, own=own, everybodys=stores, staff="pk", store="store")
        return self.for_user(user).filter(theirs, is_active=True)


class StaffMember(models.Model):
    """Somebody who serves clients in one store; may have a `User` who logs in."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="staff")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="staff_members")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    position = models.CharField(max_length=150, blank=True)
    login_email = models.EmailField(blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.ASSOCIATE)
    role_pinned = models.BooleanField(default=False, help_text="Head office has set the role: a sync leaves it")
    user_pinned = models.BooleanField(default=False, help_text="Joined by an invitation: a sync leaves the account")
    is_active = models.BooleanField(default=True)
    is_online = models.BooleanField(default=True, help_text="Can be booked by clients")

    objects = StaffMemberQuerySet.as_manager()

    class Meta:
        ordering = ("first_name", "last_name", "pk")

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def short_name(self) -> str:
        return self.first_name or self.last_name
