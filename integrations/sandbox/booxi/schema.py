"""The tables behind the Booxi stand-in. Instants are epoch seconds (UTC); JSON columns hold wire-shaped pieces."""

from integrations.sandbox.webhooks.schema import note

SOURCE = "booxi"
VERSION = "1"

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS api_key (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, group_id INTEGER NOT NULL, merchant_id INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS merchant (
        id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, clientele_id INTEGER NOT NULL, name TEXT NOT NULL,
        store_number TEXT NOT NULL, api_key TEXT NOT NULL, time_zone TEXT NOT NULL, dial_prefix TEXT NOT NULL,
        currency TEXT NOT NULL, language TEXT NOT NULL, is_online INTEGER NOT NULL, profile TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS staff (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
        position TEXT NOT NULL, login_email TEXT NOT NULL, user_role TEXT NOT NULL, status TEXT NOT NULL,
        has_calendar INTEGER NOT NULL, mobile_phone TEXT, created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS schedule (
        id INTEGER PRIMARY KEY, owner_kind TEXT NOT NULL, owner_id INTEGER NOT NULL, name TEXT NOT NULL,
        starts_on INTEGER, ends_on INTEGER, weekly_hours TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS category (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS service (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, category_id INTEGER NOT NULL, name TEXT NOT NULL,
        description TEXT NOT NULL, tags TEXT NOT NULL, booking_method TEXT NOT NULL,
        time_selection_mode TEXT NOT NULL, staff_selection_mode TEXT NOT NULL, duration INTEGER NOT NULL,
        spacing_after INTEGER NOT NULL, is_busy_spacing_after INTEGER NOT NULL,
        max_reservation_size INTEGER NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
        template_id INTEGER NOT NULL, created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS staff_service (
        staff_id INTEGER NOT NULL, service_id INTEGER NOT NULL, PRIMARY KEY (staff_id, service_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS client (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, clientele_id INTEGER NOT NULL,
        first_name TEXT NOT NULL, last_name TEXT NOT NULL, language TEXT NOT NULL, email TEXT NOT NULL,
        home_phone TEXT NOT NULL, mobile_phone TEXT NOT NULL, membership_number TEXT NOT NULL,
        remind_by_sms INTEGER NOT NULL, remind_by_email INTEGER NOT NULL, in_mailing_list INTEGER NOT NULL,
        gender TEXT NOT NULL, status TEXT NOT NULL, quick_note TEXT NOT NULL, date_of_birth TEXT NOT NULL,
        address TEXT NOT NULL, metadata TEXT NOT NULL,
        name_key TEXT NOT NULL, email_key TEXT NOT NULL, home_key TEXT NOT NULL, mobile_key TEXT NOT NULL,
        merged_into INTEGER, is_deleted INTEGER NOT NULL DEFAULT 0, anonymized_on INTEGER,
        created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS module_link (
        owner_kind TEXT NOT NULL, owner_id INTEGER NOT NULL, module_id TEXT NOT NULL, external_id TEXT NOT NULL,
        metadata TEXT NOT NULL, created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL,
        PRIMARY KEY (owner_kind, owner_id, module_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS booking (
        n INTEGER PRIMARY KEY, booking_id TEXT NOT NULL, merchant_id INTEGER NOT NULL, method TEXT NOT NULL,
        status TEXT NOT NULL, is_completed INTEGER NOT NULL, is_scheduled INTEGER NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, busy_until INTEGER NOT NULL,
        staff_id INTEGER, client_id INTEGER NOT NULL, presence TEXT NOT NULL, items TEXT NOT NULL,
        additional_request TEXT NOT NULL, quick_note TEXT NOT NULL, remind_by_email INTEGER NOT NULL,
        remind_by_sms INTEGER NOT NULL, client_availability TEXT NOT NULL, location TEXT NOT NULL,
        group_event_id INTEGER, attending INTEGER NOT NULL, attendees TEXT NOT NULL, channel TEXT NOT NULL,
        created_on INTEGER NOT NULL, created_by TEXT NOT NULL, created_by_staff_id INTEGER,
        modified_on INTEGER NOT NULL, modified_by TEXT NOT NULL, modified_by_staff_id INTEGER, cancelled_by TEXT
    )""",
    """CREATE TABLE IF NOT EXISTS group_event (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, staff_id INTEGER NOT NULL, service_id INTEGER NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, capacity INTEGER NOT NULL,
        is_completed INTEGER NOT NULL, created_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS time_slot (
        id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL, staff_id INTEGER NOT NULL, type TEXT NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, can_modify INTEGER NOT NULL,
        description TEXT NOT NULL, label TEXT NOT NULL, availability_tags TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS consent (
        client_id INTEGER PRIMARY KEY, is_granted INTEGER NOT NULL, source TEXT NOT NULL, changed_on INTEGER NOT NULL
    )""",
)

INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS booking_by_public_id ON booking (booking_id)",
    "CREATE INDEX IF NOT EXISTS booking_by_staff ON booking (staff_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booking_by_client ON booking (client_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booking_by_merchant ON booking (merchant_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booking_by_event ON booking (group_event_id) WHERE group_event_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS event_by_staff ON group_event (staff_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS event_by_merchant ON group_event (merchant_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS slot_by_staff ON time_slot (staff_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS client_by_name ON client (clientele_id, name_key)",
    "CREATE INDEX IF NOT EXISTS client_by_email ON client (clientele_id, email_key) WHERE email_key != ''",
    "CREATE INDEX IF NOT EXISTS client_by_home ON client (clientele_id, home_key) WHERE home_key != ''",
    "CREATE INDEX IF NOT EXISTS client_by_mobile ON client (clientele_id, mobile_key) WHERE mobile_key != ''",
    "CREATE INDEX IF NOT EXISTS link_by_external ON module_link (owner_kind, module_id, external_id)",
    "CREATE INDEX IF NOT EXISTS schedule_by_owner ON schedule (owner_kind, owner_id)",
    "CREATE INDEX IF NOT EXISTS staff_by_merchant ON staff (merchant_id)",
    "CREATE INDEX IF NOT EXISTS service_by_merchant ON service (merchant_id)",
    "CREATE INDEX IF NOT EXISTS category_by_merchant ON category (merchant_id)",
    "CREATE INDEX IF NOT EXISTS performer ON staff_service (service_id)",
)

# Laid once the world is planted: from then on no change goes without a note for the webhooks.
TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {when} BEGIN {note(SOURCE, kind, what, key=key)} END"
    for name, when, kind, what, key in (
        ("booking_made", "INSERT ON booking", "booking", "created", "NEW.n"),
        ("booking_changed", "UPDATE ON booking", "booking", "updated", "NEW.n"),
        ("client_made", "INSERT ON client", "client", "created", "NEW.id"),
        ("client_changed", "UPDATE ON client", "client", "updated", "NEW.id"),
        (
            "client_merged",
            "UPDATE OF merged_into ON client WHEN NEW.merged_into IS NOT NULL",
            "client",
            "merged",
            "NEW.id",
        ),
        ("client_deleted", "UPDATE OF is_deleted ON client WHEN NEW.is_deleted", "client", "deleted", "NEW.id"),
        ("consent_given", "INSERT ON consent", "consent", "created", "NEW.client_id"),
        ("consent_changed", "UPDATE ON consent", "consent", "updated", "NEW.client_id"),
    )
)
