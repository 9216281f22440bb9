"""Connections to outside systems, what those call our people and places, and what was said to and by them."""

from integrations.models.access import AccessToken
from integrations.models.answered import Answered
from integrations.models.calls import Pace, ProviderCall
from integrations.models.connections import Connection
from integrations.models.history import Difference
from integrations.models.linking import ClientPush, Linking
from integrations.models.links import CategoryLink, ClientLink, ModuleLink, ServiceLink, StaffLink, StoreLink
from integrations.models.reports import ReportFormat, ReportRun, ReportSchedule
from integrations.models.runs import SyncRun
from integrations.models.webhooks import WebhookDelivery
from integrations.models.work import Lost, Work

__all__ = [
    "AccessToken",
    "Answered",
    "CategoryLink",
    "ClientLink",
    "ClientPush",
    "Connection",
    "Difference",
    "Linking",
    "Lost",
    "ModuleLink",
    "Pace",
    "ProviderCall",
    "ReportFormat",
    "ReportRun",
    "ReportSchedule",
    "ServiceLink",
    "StaffLink",
    "StoreLink",
    "SyncRun",
    "WebhookDelivery",
    "Work",
]
