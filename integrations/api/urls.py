"""`/api/v1/`."""

from django.urls import re_path

from integrations.api import availability, bookings, catalogue, clients, docs, links, outcomes, requests, segments
from integrations.api.endpoints import Nowhere

app_name = "api"
urlpatterns = [
    *catalogue.urlpatterns,
    *clients.urlpatterns,
    *bookings.urlpatterns,
    *requests.urlpatterns,
    *outcomes.urlpatterns,
    *links.urlpatterns,
    *availability.urlpatterns,
    *segments.urlpatterns,
    *docs.urlpatterns,
    re_path(r"^(?P<rest>.*)$", Nowhere.as_view(), name="nowhere"),
]
