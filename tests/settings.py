"""The project's settings, made quick and quiet for tests."""

import tempfile
from pathlib import Path

from clienteling.settings import *  # noqa: F403
from clienteling.settings import DATABASES, STORAGES

SCRATCH = tempfile.mkdtemp(prefix="clienteling-tests-")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the demo: in memory, threads would share one connection's locks.
    DATABASES["default"]["TEST"] = {"NAME": f"{SCRATCH}/test.sqlite3"}

REPORTS_DIR = Path(SCRATCH) / "reports"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
ALLOW_HTTP_PROVIDERS = True
DEMO = False
# Tests of the second factor switch it on.
MFA_REQUIRED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
