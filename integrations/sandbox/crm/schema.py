"""The tables behind the CRM. Instants are epoch seconds (UTC) on the sandbox's clock."""

from integrations.sandbox.webhooks.schema import note

SOURCE = "crm"

TABLES = (
    """CREATE TABLE IF NOT EXISTS customer (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
        email TEXT NOT NULL, phone TEXT NOT NULL, mobile TEXT NOT NULL, language TEXT NOT NULL,
        consent INTEGER NOT NULL, email_key TEXT NOT NULL, field_times TEXT NOT NULL, merged_into TEXT,
        is_deleted INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS customer_request (
        key TEXT PRIMARY KEY, digest TEXT NOT NULL, customer_id TEXT NOT NULL
    ) WITHOUT ROWID""",
)

INDEXES = (
    "CREATE INDEX IF NOT EXISTS customer_by_email ON customer (email_key) WHERE email_key != ''",
    "CREATE INDEX IF NOT EXISTS customer_by_phone ON customer (phone) WHERE phone != ''",
    "CREATE INDEX IF NOT EXISTS customer_by_mobile ON customer (mobile) WHERE mobile != ''",
)

TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {when} BEGIN {note(SOURCE, 'customer', what, key='NEW.n')} END"
    for name, when, what in (
        ("customer_made", "INSERT ON customer", "created"),
        ("customer_changed", "UPDATE ON customer", "updated"),
        (
            "customer_merged",
            "UPDATE OF merged_into ON customer WHEN OLD.merged_into IS NULL AND NEW.merged_into IS NOT NULL",
            "merged",
        ),
        ("customer_deleted", "UPDATE OF is_deleted ON customer WHEN NEW.is_deleted", "deleted"),
    )
)
