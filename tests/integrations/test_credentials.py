from typing import Any

from cryptography.fernet import Fernet
from django.db import connection as database

from integrations.credentials import Secrets, rotate
from integrations.models import Connection

SECRET = "partner-key-1234"


def make(db: None) -> Connection:
    return Connection.objects.create(name="B", base_url="https://b.test", secrets={"partner_key": SECRET})


def stored(pk: int) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets FROM integrations_connection WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_secrets_are_encrypted_at_rest(db: None) -> None:
    connection = make(db)
    assert SECRET not in stored(connection.pk)
    assert Connection.objects.get(pk=connection.pk).secrets["partner_key"] == SECRET


def test_secrets_are_never_printed() -> None:
    assert SECRET not in f"{Secrets(partner_key=SECRET)!r} {Secrets(partner_key=SECRET)}"


def test_old_keys_still_read_and_rotation_moves_to_the_newest(db: None, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    connection = make(db)
    settings.CREDENTIAL_KEYS = [new, old]
    assert Connection.objects.get(pk=connection.pk).secrets["partner_key"] == SECRET
    moved = rotate(stored(connection.pk))
    settings.CREDENTIAL_KEYS = [new]
    assert Connection.objects.get(pk=connection.pk).secrets == {}, "the old token needs the old key"
    with database.cursor() as cursor:
        cursor.execute("UPDATE integrations_connection SET secrets = %s", [moved])
    assert Connection.objects.get(pk=connection.pk).secrets["partner_key"] == SECRET
