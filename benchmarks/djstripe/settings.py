"""What `django-admin startproject` writes, on PostgreSQL with the pool that our own settings have."""

import os
from urllib.parse import urlsplit

where = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = "for-measuring-only"  # noqa: S105 - listens on this machine, for some seconds
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.djstripe.urls"
WSGI_APPLICATION = "benchmarks.djstripe.wsgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "djstripe",
]
# Tables straight from the models: dj-stripe's history of them takes minutes on a busy machine.
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
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}

DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_0123456789abcdefghijklmn"  # noqa: S105 - nobody is called
DJSTRIPE_WEBHOOK_EVENT_CALLBACK = "benchmarks.djstripe.keeping.or_processing"
