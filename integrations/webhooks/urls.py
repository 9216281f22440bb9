from django.urls import path

from integrations.webhooks import receiving

urlpatterns = [path("<slug:token>/", receiving.receive, name="webhook")]
