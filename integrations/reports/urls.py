from django.urls import path

from integrations.reports import views

urlpatterns = [
    path("", views.reports, name="reports"),
    path("state/", views.state, name="reports-state"),
    path("files/<int:pk>/download/", views.download, name="report-download"),
    path("files/<int:pk>/remove/", views.remove, name="report-remove"),
    path("files/<int:pk>/again/", views.again, name="report-again"),
    path("schedules/<int:pk>/switch/", views.schedule_switch, name="report-schedule-switch"),
    path("schedules/<int:pk>/remove/", views.schedule_remove, name="report-schedule-remove"),
    path("<slug:slug>/", views.report, name="report"),
    path("<slug:slug>/schedule/", views.schedule, name="report-schedule"),
]
