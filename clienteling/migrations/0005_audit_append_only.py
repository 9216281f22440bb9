"""The database itself refuses to change an entry of the audit trail, and on PostgreSQL to delete a young one.

SQLite has no such second trigger: Django empties its test databases row by row, and it only runs the demo.
"""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION clienteling_audit_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON clienteling_auditentry
FOR EACH ROW EXECUTE FUNCTION clienteling_audit_append_only();
"""
SQLITE = """
CREATE TRIGGER audit_append_only BEFORE UPDATE ON clienteling_auditentry
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END
"""


def forwards(apps, schema_editor):
    sql = {"postgresql": POSTGRESQL, "sqlite": SQLITE}.get(schema_editor.connection.vendor)
    if sql:
        schema_editor.execute(sql, params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_append_only ON clienteling_auditentry")
        schema_editor.execute("DROP FUNCTION clienteling_audit_append_only()")
    elif schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER audit_append_only")


class Migration(migrations.Migration):
    dependencies = [("clienteling", "0004_audit")]

    operations = [migrations.RunPython(forwards, backwards)]
