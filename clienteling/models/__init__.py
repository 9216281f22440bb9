"""People and places. What they book lives in `bookings`, what other systems call them in `integrations`."""

from clienteling.models.audit import AppendOnly, AuditEntry, Deed
from clienteling.models.clients import Client, ClientQuerySet, ClientStore, Consent, Note
from clienteling.models.invitations import Invitation
from clienteling.models.people import StaffMember, Store, User
from clienteling.models.profiles import ClientProfile, Membership
from clienteling.models.tokens import ApiToken
from clienteling.permissions import Role

__all__ = [
    "ApiToken",
    "AppendOnly",
    "AuditEntry",
    "Client",
    "ClientProfile",
    "ClientQuerySet",
    "ClientStore",
    "Consent",
    "Deed",
    "Invitation",
    "Membership",
    "Note",
    "Role",
    "StaffMember",
    "Store",
    "User",
]
