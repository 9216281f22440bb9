from django.urls import path

from integrations import recorder_views

urlpatterns = [
    path("booking/<int:pk>/", recorder_views.booking, name="record-booking"),
    path("client/<int:pk>/", recorder_views.client, name="record-client"),
]
