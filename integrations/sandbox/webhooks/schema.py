"""The tables behind outgoing webhooks. Instants are epoch seconds of the machine, unless said otherwise."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS change_note (
        n INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, what TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS webhook_registration (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL, events TEXT,
        group_id INTEGER, merchant_id INTEGER, secret TEXT NOT NULL, module_id TEXT, scheme TEXT NOT NULL,
        header TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS webhook_delivery (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, registration_id INTEGER NOT NULL, event_id TEXT NOT NULL,
        type TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, made_on INTEGER NOT NULL, fault TEXT NOT NULL,
        is_loose INTEGER NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
        status INTEGER, sent_on INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS delivery_by_state ON webhook_delivery (state, id)",
    "CREATE INDEX IF NOT EXISTS delivery_by_subject ON webhook_delivery (registration_id, subject, id)",
)


def note(source: str, kind: str, what: str, *, key: str) -> str:
    """The statement, for a trigger, that notes what became of a row; `key` is an expression such as `NEW.id`."""
    values = f"'{source}', '{kind}', {key}, '{what}'"
    return f"INSERT INTO change_note (source, kind, id, what) VALUES ({values});"  # noqa: S608
