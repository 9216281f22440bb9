"""Search by parts of words, indexed: a trigram index on PostgreSQL (SQLite scans, which suits a demo)."""

from django.db import migrations


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX client_search ON clienteling_client USING gin (search_text gin_trgm_ops)"
        )


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS client_search")


class Migration(migrations.Migration):
    dependencies = [("clienteling", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
