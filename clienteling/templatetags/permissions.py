"""`{% if request.user|may:"see_logs" %}`: the table of clienteling/permissions.py, for what a page offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from clienteling.permissions import Action
from clienteling.permissions import may as is_allowed

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from clienteling.models import User

register = template.Library()


@register.filter
def may(user: User | AnonymousUser, action: str) -> bool:
    """Anywhere at all; ValueError for an action that the table does not have."""
    return is_allowed(user, Action(action))
