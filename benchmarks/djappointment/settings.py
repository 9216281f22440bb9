"""What `django-admin startproject` writes, on PostgreSQL with the pool that our own settings have."""

import logging
import os
from urllib.parse import urlsplit

where = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = "for-measuring-only"  # noqa: S105 - listens on this machine, for some seconds
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.djappointment.urls"
WSGI_APPLICATION = "benchmarks.djappointment.wsgi.application"
USE_TZ = True
TIME_ZONE = "Europe/Paris"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "appointment",
]
# Tables straight from the models: the package brings no migrations of its own.
MIGRATION_MODULES = dict.fromkeys([name.rpartition(".")[2] for name in INSTALLED_APPS])
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": where.path.lstrip("/"),
        "USER": where.username or "",
        "PASSWORD": where.password or "",
        "HOST": where.hostname or "",
        "PORT": where.port or "",
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8}},
    }
}
# Its loggers write to standard output, whatever LOGGING says; what prepare.py finds is read from there.
logging.disable(logging.CRITICAL)
