"""All settings, read once. Every deploy-time value comes from the environment and has a safe default.

The defaults run the demo: SQLite and Celery over files below `var/`. `DATABASE_URL` and `REDIS_URL`
turn the same code into a PostgreSQL + Redis deployment (README, "Deploy").
"""

from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR = Path(env.str("CLIENTELING_VAR", default=str(BASE_DIR / "var")))
VAR.mkdir(parents=True, exist_ok=True)

# --- Modes -----------------------------------------------------------------------------------------
# DEMO shows the demo log-ins on the log-in page and says so on every page. Never on in production.
DEMO = env.bool("CLIENTELING_DEMO", default=False)
DEMO_OUTSIDE = env.str("CLIENTELING_DEMO_OUTSIDE", default="") if DEMO else ""  # the sandbox's pages
DEMO_PASSWORD = "demo-counter-2026"  # noqa: S105 - opens a demo on one's own machine
DEMO_PEOPLE = [
    {"email": "ana.roy@demo.test", "role_label": _("Associate"), "password": DEMO_PASSWORD},
    {"email": "marc.petit@demo.test", "role_label": _("Manager"), "password": DEMO_PASSWORD},
    {"email": "helene.aurel@demo.test", "role_label": _("Head office"), "password": DEMO_PASSWORD},
    {"email": "june.park@demo.test", "role_label": _("Associate, spa"), "password": DEMO_PASSWORD},
    {"email": "otis.reed@demo.test", "role_label": _("Associate, spa"), "password": DEMO_PASSWORD},
    {"email": "support@demo.test", "role_label": _("Support"), "password": DEMO_PASSWORD},
]
DEBUG = env.bool("DJANGO_DEBUG", default=False)
INSECURE_KEY = "django-insecure-development-key-do-not-deploy-this-one-anywhere"
SECRET_KEY = env.str("SECRET_KEY", default=INSECURE_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Keys that encrypt credentials at rest, newest first; old ones still decrypt (rotation).
# Fernet keys, comma separated. Empty: derived from SECRET_KEY.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", default=[])

# --- Applications ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "clienteling",
    "bookings",
    "integrations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clienteling.middleware.audited",
    "clienteling.middleware.Attended",
    "clienteling.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "clienteling.urls"
WSGI_APPLICATION = "clienteling.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clienteling.frame.frame",
            ],
        },
    },
]

# --- Database --------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'clienteling.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without IMMEDIATE two writers end in "database is locked"; WAL lets readers go on meanwhile.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command=(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON;"
        ),
    )
else:
    # While the database is down whoever asks is told so within `timeout` seconds: the pool's own 30 are longer than
    # senders of webhooks wait. `reconnect_timeout` keeps the pause before another try from growing with the outage.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        pool={
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL", default=8),
            "timeout": env.float("DATABASE_TIMEOUT", default=5.0),
            "reconnect_timeout": 10.0,
        }
    )

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # Shared by every process, unlike local memory: allauth's rate limits count here.
    else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(VAR / "cache")}
}

# --- People and log-in -----------------------------------------------------------------------------
AUTH_USER_MODEL = "clienteling.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_ADAPTER = "clienteling.accounts.ClosedSignup"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by head office, never by sign-up
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
# Counted by the peer's address as the server sees it; how many proxies of ours stand before it must be said, else
# X-Forwarded-For is whatever somebody writes there.
TRUSTED_PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Managers, head office and support need a second factor: an authenticator app or a passkey. The demo does without,
# so that one tap logs in; its log-in page says so.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=not DEMO)
MFA_ADAPTER = "clienteling.second_factor.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who has an account was invited at that address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO  # http on one's own machine
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/300s/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
# Single sign-on: off unless an identity provider is named. OIDC_ISSUER is its address, to which
# /.well-known/openid-configuration is added; the address it calls back is /account/oidc/sso/login/callback/.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_NAME = env.str("OIDC_NAME", default="single sign-on")
# Where the log-in form may lead: the provider's page for logging in, where it is on another host than the issuer.
OIDC_ORIGINS = env.list("OIDC_ORIGINS", default=["/".join(OIDC_ISSUER.split("/")[:3])] if OIDC_ISSUER else [])
SOCIALACCOUNT_ADAPTER = "clienteling.single_sign_on.OpensAccounts"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # clienteling/single_sign_on.py does it, for verified addresses only
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ],
    }
# Messages name clients: they stay in the session, never in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# A log-in ends when nobody has done anything for so long (what open pages ask on their own does not count), and at
# the latest after a working day.
SESSION_IDLE_AFTER = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", default=30))
SESSION_LIFETIME = timedelta(hours=env.int("SESSION_HOURS", default=12))
SESSION_COOKIE_AGE = int(SESSION_LIFETIME.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clienteling@localhost")

# --- API for other systems ---------------------------------------------------------------------------
REST_FRAMEWORK = {
    # Closed; `integrations.api.endpoints.Endpoint` says how one gets in.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "integrations.api.problems.answer",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Clienteling",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (BASE_DIR / "integrations" / "api" / "description.md").read_text(),
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "integrations.api.schema.with_problems",
    ],
}
# Requests a minute: of one token, and with a wrong one from one address.
API_RATE = env.int("API_RATE", default=600)
API_RATE_WRONG = env.int("API_RATE_WRONG", default=30)

# --- Browser security ------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
# Set only behind a proxy that always overwrites this header.
if env.bool("TRUST_PROXY_HTTPS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "clienteling_session"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *OIDC_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # pages show store-local times, always with the store's zone
PHONE_DEFAULT_REGION = env.str("PHONE_DEFAULT_REGION", default="FR")

# --- Static files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "clienteling.static_files.UsedFiles",
]
# Source maps are for looking at other people's code: compressing them would take longer than all the rest.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "woff", "woff2", "gz", "br", "map")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Celery ----------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 900}
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR / "broker" / "queue"),
        "data_folder_out": str(VAR / "broker" / "queue"),
        "control_folder": str(VAR / "broker" / "control"),
        "polling_interval": 0.05,
    }
    for folder in ("queue", "control"):
        (VAR / "broker" / folder).mkdir(parents=True, exist_ok=True)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_TIMEZONE = "UTC"
# The one schedule. Each task looks in the database for what is due, so a lost or doubled tick is harmless.
CELERY_BEAT_SCHEDULE = {
    "send-unconfirmed-changes": {"task": "bookings.tasks.send_due_changes", "schedule": 5},
    "start-due-syncs": {"task": "integrations.tasks.start_due_syncs", "schedule": 15},
    "process-deliveries": {
        "task": "integrations.tasks.process_deliveries",
        "schedule": 3,
        "options": {"expires": 10},
    },
    "link-clients": {"task": "integrations.tasks.link_clients", "schedule": 5, "options": {"expires": 10}},
    "read-numbers": {"task": "integrations.tasks.read_numbers", "schedule": 60, "options": {"expires": 50}},
    "queue-missed-links": {"task": "integrations.tasks.queue_missed_links", "schedule": 60},
    "make-reports": {"task": "integrations.tasks.make_reports", "schedule": 15, "options": {"expires": 10}},
    "anonymise-booking-only-clients": {
        "task": "clienteling.tasks.anonymise_due",
        "schedule": crontab(minute=20),
    },
    "count-segments": {"task": "bookings.tasks.count_segments", "schedule": crontab(minute=35)},
    "tidy": {"task": "clienteling.tasks.tidy", "schedule": crontab(hour=3, minute=50)},
    "prune-provider-calls": {"task": "integrations.tasks.prune", "schedule": crontab(hour=3, minute=40)},
}

# --- Booking systems -------------------------------------------------------------------------------
# The class that does what bookings/gateway.py asks for, in Django's own idiom (as EMAIL_BACKEND does).
BOOKING_GATEWAY = "integrations.gateway.ProviderGateway"
# Numbers beside entries of the frame, by the name of their page: functions of the user, asked when they are printed.
FRAME_COUNTS = {"requests": "bookings.views.floor.count_waiting"}

# The mirror's window around today, in days, and how often each part is read again.
MIRROR_DAYS_BACK = env.int("MIRROR_DAYS_BACK", default=90)
MIRROR_DAYS_AHEAD = env.int("MIRROR_DAYS_AHEAD", default=60)
MIRROR_NEAR_DAYS_AHEAD = 7
MIRROR_NEAR_EVERY = timedelta(minutes=env.int("MIRROR_NEAR_MINUTES", default=10))
MIRROR_FULL_EVERY = timedelta(hours=24)
# Booxi does not tell which clients have changed: those of the window are read again one by one, beside those whom
# their bookings show otherwise than we know them. One or two calls each, so 1,000 clients take some five minutes.
CLIENTS_EVERY = timedelta(hours=env.int("CLIENTS_HOURS", default=24))
# Booking systems whose lists tell what has changed (Booker) are asked for that, and for what changed shortly before
# the last time once more (booker-api.md section 4). Their calls are counted by the day (section 11).
CHANGED_EVERY = timedelta(minutes=env.int("CHANGED_MINUTES", default=60))
CHANGED_OVERLAP = timedelta(minutes=env.int("CHANGED_OVERLAP_MINUTES", default=10))
CHANGED_STALE_AFTER = CHANGED_EVERY + timedelta(minutes=15)
# Beside that, so many clients of each store are read in full every time, a call or two each.
CLIENT_DETAILS_AT_ONCE = env.int("CLIENT_DETAILS_AT_ONCE", default=10)
CLIENT_DETAILS_EVERY = timedelta(days=30)
CATALOGUE_EVERY = timedelta(hours=6)
# Older than this a page says so and asks for a refresh in the background.
MIRROR_STALE_AFTER = timedelta(minutes=20)
HISTORY_STALE_AFTER = timedelta(hours=6)
HISTORY_YEARS = 5

# booxi-api.md section 3: 5 requests/s and 300/min per key. One call every 1/5 s keeps both.
# `PROVIDER_PACE` in calls per second; sweeps leave a fifth of it to people at the counter.
PROVIDER_PACE = env.float("PROVIDER_PACE", default=5.0)
BOOKER_PACE = env.float("BOOKER_CALLS_PER_SECOND", default=2.0)  # booker-api.md section 11, assumed
# Section 11: Booker's own number is not known; its neighbour Mindbody bills what goes beyond 1,000 a day. People still
# get through when it is used up, the regular reading waits for the next day (UTC). 0: no budget.
BOOKER_DAILY_CALLS = env.int("BOOKER_DAILY_CALLS", default=5000)
# Days after its end that the copy of a booking at Booker is kept here, 0 for no limit. Mindbody's terms are said to
# limit caching (booker-api.md section 11): check yours.
BOOKER_KEEP_DAYS = env.int("BOOKER_KEEP_DAYS", default=0)
# Whether a client read in full brings what she bought last: one call more each.
BOOKER_READS_PURCHASES = env.bool("BOOKER_READS_PURCHASES", default=True)
BOOKER_PAGE = env.int("BOOKER_PAGE_SIZE", default=100)  # section 4, assumed
# Where Booker keeps what no source tells (booker-api.md sections 8 and 13). `{id}` is an employee's, or a customer's.
# Found out otherwise: BOOKER_ASSUMED_PATHS, JSON with those that differ.
BOOKER_ASSUMED_PATHS: dict[str, str] = {
    # After the location's own; no call for a person's hours was found.
    "employee_schedule": "/v4.1/merchant/employee/{id}/schedule",
    # The old version's, carried over.
    "memberships": "/v4.1/customer/memberships",
    # The address is known, the answer's form is not.
    "products": "/v4.1/merchant/order/find_products",
    # Empty: read with each customer herself, which is known to work. A list of its own would be asked as
    # /v4.1/merchant/customer/{id}/memberships.
    "customer_memberships": "",
    # Empty: not read, for nobody knows where they are.
    "progress_notes": "",
} | env.json("BOOKER_ASSUMED_PATHS", default={})
PROVIDER_TIMEOUT_PERSON = env.float("PROVIDER_TIMEOUT_PERSON", default=8.0)
PROVIDER_TIMEOUT_BACKGROUND = env.float("PROVIDER_TIMEOUT_BACKGROUND", default=30.0)
PROVIDER_MAX_BODY = 8 * 1024 * 1024
# Development and demo only: let a connection name a plain http address (the sandbox).
ALLOW_HTTP_PROVIDERS = env.bool("ALLOW_HTTP_PROVIDERS", default=DEMO)

# How many clients that no message brought are looked for in the CRM each minute.
LINK_AT_ONCE = env.int("LINK_AT_ONCE", default=50)
# What the customer system calls stores, staff and services stands at the booking system, which tells it one by one:
# how many are read each minute, and after how long again.
NUMBERS_AT_ONCE = env.int("NUMBERS_AT_ONCE", default=50)
NUMBERS_EVERY = timedelta(hours=env.int("NUMBERS_EVERY_HOURS", default=24))

# After a lost answer we wait this long before looking whether the provider has the booking after all:
# it must be longer than a provider may still be working on a call that we gave up on.
SEND_LOOK_AFTER = timedelta(seconds=env.float("SEND_LOOK_AFTER", default=15))
SEND_GIVE_UP_AFTER = timedelta(hours=24)

# Deliveries that are done are kept this long for the record; their bodies hold personal data. Those that wait for
# a person are kept longer, not for ever.
WEBHOOK_KEEP_DAYS = env.int("WEBHOOK_KEEP_DAYS", default=14)
WEBHOOK_KEEP_PARKED_DAYS = env.int("WEBHOOK_KEEP_PARKED_DAYS", default=90)

# The flight recorder tells of each booking and client what has happened for this long. What differed may say who
# somebody was: it is not kept for ever, and goes with her when she is forgotten.
RECORD_KEEP_DAYS = env.int("RECORD_KEEP_DAYS", default=365)

# --- Reports -----------------------------------------------------------------------------------------
# Files hold personal data: nobody but the server reads this folder, and they go after so many days. With several
# machines it must be one they share.
REPORTS_DIR = Path(env.str("REPORTS_DIR", default=str(VAR / "reports")))
REPORT_KEEP_DAYS = env.int("REPORT_KEEP_DAYS", default=14)
# How many are made at once by all workers together: they share the booking system's pace, and each keeps a worker busy.
REPORTS_AT_ONCE = env.int("REPORTS_AT_ONCE", default=1)

# --- Personal data ---------------------------------------------------------------------------------
# A client who agreed to a booking only is anonymised this many days after her last booking.
RETENTION_DAYS = env.int("RETENTION_DAYS", default=30)
# What clients that a booking system brings are taken to have agreed to. Booxi has no field for it (booxi-api.md
# section 13): it collects consent itself and anonymises on its own; we recognise that and follow.
PROVIDER_CLIENT_CONSENT = env.str("PROVIDER_CLIENT_CONSENT", default="kept")

# Who saw and did what is kept this long; not below a year, which the database itself would refuse.
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", default=730)
if AUDIT_KEEP_DAYS < 366:
    raise ImproperlyConfigured("AUDIT_KEEP_DAYS: the audit trail is kept for at least 366 days.")

# --- Logging: never personal data; ids and error classes only ----------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # httpx logs whole URLs at INFO, and provider URLs carry names and e-mail addresses.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}

if HTTPS and SECRET_KEY == INSECURE_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY: a server on HTTPS does not start with the development key.")
