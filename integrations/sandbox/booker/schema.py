"""The tables behind the Booker stand-in. Instants are epoch seconds (UTC), money is cents, JSON columns hold pieces."""

from integrations.sandbox.webhooks.schema import note

SOURCE = "booker"
VERSION = "2"

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS booker_location (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, account_name TEXT NOT NULL, time_zone TEXT NOT NULL,
        zone_label TEXT NOT NULL, zone_name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
        address TEXT NOT NULL, hours TEXT NOT NULL, created_on INTEGER NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS booker_reminding (location_id INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS booker_employee (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
        gender TEXT NOT NULL, email TEXT NOT NULL, mobile TEXT NOT NULL, rank INTEGER NOT NULL,
        is_freelancer INTEGER NOT NULL, is_active INTEGER NOT NULL, shifts TEXT NOT NULL,
        created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_room (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, name TEXT NOT NULL, capacity INTEGER NOT NULL,
        created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_treatment (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
        category_id INTEGER NOT NULL, category TEXT NOT NULL, subcategory_id INTEGER NOT NULL,
        subcategory TEXT NOT NULL, price INTEGER NOT NULL, minutes INTEGER NOT NULL, recovery INTEGER NOT NULL,
        is_active INTEGER NOT NULL, is_online INTEGER NOT NULL, is_class INTEGER NOT NULL,
        brand_treatment_id INTEGER NOT NULL, created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_performer (
        treatment_id INTEGER NOT NULL, employee_id INTEGER NOT NULL, PRIMARY KEY (treatment_id, employee_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS booker_host (
        treatment_id INTEGER NOT NULL, room_id INTEGER NOT NULL, PRIMARY KEY (treatment_id, room_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS booker_customer (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
        email TEXT NOT NULL, cell_phone TEXT NOT NULL, home_phone TEXT NOT NULL, work_phone TEXT NOT NULL,
        gender TEXT NOT NULL, birthday TEXT NOT NULL, address TEXT NOT NULL, record_type TEXT NOT NULL,
        is_active INTEGER NOT NULL, allows_email INTEGER NOT NULL, allows_promotion INTEGER NOT NULL,
        allows_sms INTEGER NOT NULL, is_to_be_forgotten INTEGER NOT NULL DEFAULT 0, login_name TEXT NOT NULL,
        referred_by INTEGER, origination TEXT NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
        email_key TEXT NOT NULL, cell_key TEXT NOT NULL, home_key TEXT NOT NULL, work_key TEXT NOT NULL,
        created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_login (
        customer_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, digest TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_note (
        id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL,
        created_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_plan (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, level_id INTEGER NOT NULL,
        level TEXT NOT NULL, fee INTEGER NOT NULL, visits INTEGER NOT NULL, is_unlimited INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_membership (
        id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, plan_id INTEGER NOT NULL, card TEXT NOT NULL,
        starts_on INTEGER NOT NULL, expires_on INTEGER NOT NULL, suspended_on INTEGER, is_cancelled INTEGER NOT NULL,
        earned INTEGER NOT NULL, used INTEGER NOT NULL, sold_at INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_appointment (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, customer_id INTEGER NOT NULL, status TEXT NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, notes TEXT NOT NULL, source TEXT NOT NULL,
        created_on INTEGER NOT NULL, modified_on INTEGER NOT NULL, checked_in_on INTEGER, no_show_on INTEGER,
        cancelled_on INTEGER, order_id INTEGER
    )""",
    """CREATE TABLE IF NOT EXISTS booker_booked (
        id INTEGER PRIMARY KEY, appointment_id INTEGER NOT NULL, treatment_id INTEGER NOT NULL,
        employee_id INTEGER NOT NULL, room_id INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
        busy_until INTEGER NOT NULL, was_requested INTEGER NOT NULL, price INTEGER NOT NULL,
        is_live INTEGER NOT NULL DEFAULT 1
    )""",
    """CREATE TABLE IF NOT EXISTS booker_class (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, treatment_id INTEGER NOT NULL,
        employee_id INTEGER NOT NULL, room_id INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
        capacity INTEGER NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS booker_place (appointment_id INTEGER PRIMARY KEY, class_id INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS booker_hold (
        id INTEGER PRIMARY KEY AUTOINCREMENT, location_id INTEGER NOT NULL, until INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_held (
        hold_id INTEGER NOT NULL, employee_id INTEGER NOT NULL, room_id INTEGER NOT NULL, starts_at INTEGER NOT NULL,
        busy_until INTEGER NOT NULL
    )""",
    """CREATE VIEW IF NOT EXISTS booker_blocked AS
        SELECT location_id, employee_id, room_id, starts_at, ends_at AS busy_until, 1 << 53 AS until FROM booker_class
        UNION ALL SELECT location_id, employee_id, room_id, starts_at, busy_until, until
        FROM booker_held JOIN booker_hold ON booker_hold.id = hold_id
    """,
    """CREATE TABLE IF NOT EXISTS booker_order (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, customer_id INTEGER NOT NULL, appointment_id INTEGER,
        status TEXT NOT NULL, before_taxes INTEGER NOT NULL, total INTEGER NOT NULL, created_on INTEGER NOT NULL,
        completed_on INTEGER, paid_on INTEGER
    )""",
    """CREATE TABLE IF NOT EXISTS booker_order_item (
        id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
        treatment_id INTEGER, variant_id INTEGER, employee_id INTEGER, quantity INTEGER NOT NULL, price INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_refund (
        id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, item_id INTEGER NOT NULL, amount INTEGER NOT NULL,
        refunded_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_payment (
        id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, method TEXT NOT NULL, amount INTEGER NOT NULL,
        paid_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_special (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, name TEXT NOT NULL, coupon TEXT NOT NULL,
        starts_on INTEGER NOT NULL, ends_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_series (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, category_id INTEGER NOT NULL, price INTEGER NOT NULL,
        quantity INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_bought_series (
        id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, location_id INTEGER NOT NULL, customer_id INTEGER NOT NULL,
        used INTEGER NOT NULL, issued_on INTEGER NOT NULL, expires_on INTEGER NOT NULL, modified_on INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_product (
        id INTEGER PRIMARY KEY, location_id INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
        category TEXT NOT NULL, subcategory TEXT NOT NULL, is_active INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_variant (
        id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, name TEXT NOT NULL, sku TEXT NOT NULL,
        price INTEGER NOT NULL, stock INTEGER NOT NULL, backbar INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS booker_refresh_token (
        digest TEXT PRIMARY KEY, user_id INTEGER NOT NULL, scope TEXT NOT NULL, location_id INTEGER,
        expires_on INTEGER NOT NULL, used_on INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS booker_code (
        digest TEXT PRIMARY KEY, user_id INTEGER NOT NULL, scope TEXT NOT NULL, redirect_uri TEXT NOT NULL,
        challenge TEXT NOT NULL, expires_on INTEGER NOT NULL, used_on INTEGER
    ) WITHOUT ROWID""",
)

INDEXES = (
    "CREATE INDEX IF NOT EXISTS booker_employee_place ON booker_employee (location_id)",
    "CREATE INDEX IF NOT EXISTS booker_room_place ON booker_room (location_id)",
    "CREATE INDEX IF NOT EXISTS booker_treatment_place ON booker_treatment (location_id)",
    "CREATE INDEX IF NOT EXISTS booker_performed ON booker_performer (employee_id)",
    "CREATE INDEX IF NOT EXISTS booker_hosted ON booker_host (room_id)",
    # All that a list of a location's customers asks about, in its order: pages far down are found without reading rows.
    "CREATE INDEX IF NOT EXISTS booker_customer_place ON booker_customer"
    " (location_id, created_on, id, is_deleted, record_type, modified_on)",
    "CREATE INDEX IF NOT EXISTS booker_customer_change ON booker_customer (modified_on)",
    "CREATE INDEX IF NOT EXISTS booker_customer_email ON booker_customer (email_key) WHERE email_key != ''",
    "CREATE INDEX IF NOT EXISTS booker_customer_cell ON booker_customer (cell_key) WHERE cell_key != ''",
    "CREATE INDEX IF NOT EXISTS booker_note_owner ON booker_note (customer_id)",
    "CREATE INDEX IF NOT EXISTS booker_membership_owner ON booker_membership (customer_id)",
    "CREATE INDEX IF NOT EXISTS booker_appointment_place ON booker_appointment (location_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booker_appointment_owner ON booker_appointment (customer_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booker_appointment_change ON booker_appointment (location_id, modified_on)",
    "CREATE INDEX IF NOT EXISTS booker_booked_in ON booker_booked (appointment_id)",
    "CREATE INDEX IF NOT EXISTS booker_booked_employee ON booker_booked (employee_id, starts_at) WHERE is_live",
    "CREATE INDEX IF NOT EXISTS booker_booked_room ON booker_booked (room_id, starts_at) WHERE is_live",
    "CREATE INDEX IF NOT EXISTS booker_class_employee ON booker_class (employee_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booker_class_room ON booker_class (room_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booker_class_place ON booker_class (location_id, starts_at)",
    "CREATE INDEX IF NOT EXISTS booker_places_taken ON booker_place (class_id)",
    "CREATE INDEX IF NOT EXISTS booker_order_place ON booker_order (location_id, created_on)",
    "CREATE INDEX IF NOT EXISTS booker_order_owner ON booker_order (customer_id)",
    "CREATE INDEX IF NOT EXISTS booker_order_items ON booker_order_item (order_id)",
    "CREATE INDEX IF NOT EXISTS booker_order_refunds ON booker_refund (order_id)",
    "CREATE INDEX IF NOT EXISTS booker_payments ON booker_payment (order_id)",
    "CREATE INDEX IF NOT EXISTS booker_bought_series_owner ON booker_bought_series (customer_id)",
    "CREATE INDEX IF NOT EXISTS booker_variants ON booker_variant (product_id)",
)

# Laid once the world is planted: from then on no change goes without a note for the webhooks.
TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {when} BEGIN {note(SOURCE, kind, what, key='NEW.id')} END"
    for name, when, kind, what in (
        ("booker_appointment_made", "INSERT ON booker_appointment", "appointment", "created"),
        ("booker_appointment_changed", "UPDATE ON booker_appointment", "appointment", "updated"),
        (
            "booker_appointment_cancelled",
            "UPDATE OF status ON booker_appointment WHEN NEW.status = 'Cancelled' AND OLD.status != 'Cancelled'",
            "appointment",
            "cancelled",
        ),
        (
            "booker_appointment_confirmed",
            "UPDATE OF status ON booker_appointment WHEN NEW.status = 'Confirmed' AND OLD.status != 'Confirmed'",
            "appointment",
            "confirmed",
        ),
        ("booker_customer_made", "INSERT ON booker_customer", "customer", "created"),
        ("booker_customer_changed", "UPDATE ON booker_customer WHEN NOT NEW.is_deleted", "customer", "updated"),
    )
)
