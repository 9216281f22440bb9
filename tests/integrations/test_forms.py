import pytest

from integrations.forms import REGIONS, ConnectionForm, ending, known_key
from integrations.models import Connection

KEY = "abcdefghijklmnopqrstuvwxyz1234"
pytestmark = pytest.mark.django_db


def filled(**fields: str) -> dict[str, str]:
    return {"name": "Booxi", "region": "eu", "partner_key": KEY, "is_active": "on"} | fields


@pytest.fixture
def stored() -> Connection:
    connection = Connection(name="Booxi", base_url=REGIONS["eu"])
    connection.secrets = {"partner_key": KEY, "webhook": "w"}  # type: ignore[assignment]
    connection.save()
    return Connection.objects.get(pk=connection.pk)


@pytest.mark.parametrize(("region", "address"), REGIONS.items())
def test_connection_form_gives_each_region_its_address(region: str, address: str) -> None:
    form = ConnectionForm(filled(region=region, address="https://elsewhere.example"))
    assert form.is_valid()
    form.save()
    connection = Connection.objects.get()
    assert connection.base_url == address
    assert connection.secrets["partner_key"] == KEY


def test_connection_form_takes_another_address() -> None:
    form = ConnectionForm(filled(region="other", address="https://booxi.example/booking/v1/"))
    assert form.is_valid()
    assert form.target == "https://booxi.example/booking/v1"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://booxi.example",
        "javascript:alert(1)",
        "https://user:password@booxi.example",
        "https://booxi.example/?next=",
        "https://booxi.example/#top",
        "https://booxi.example/" + "a" * 300,
        "https://booxi.example/\x00",
        "https://boo xi.example/",
    ],
)
def test_connection_form_refuses_addresses_a_key_must_not_go_to(address: str) -> None:
    assert "address" in ConnectionForm(filled(region="other", address=address)).errors


@pytest.mark.parametrize("allowed", [True, False])
def test_connection_form_takes_plain_http_in_the_demo_alone(settings: object, allowed: bool) -> None:
    settings.ALLOW_HTTP_PROVIDERS = allowed  # type: ignore[attr-defined]
    form = ConnectionForm(filled(region="other", address="http://127.0.0.1:8700/booking/v1"))
    assert form.is_valid() == allowed


@pytest.mark.parametrize("key", ["a b", "a\r\nX-Other: b", "clé", "a\x00b", "a\tb", "x" * 201])
def test_connection_form_refuses_keys_that_would_break_a_header(key: str) -> None:
    form = ConnectionForm(filled(partner_key=key))
    assert "partner_key" in form.errors
    assert key not in form.as_p()


def test_connection_form_wants_a_key_where_none_is_set() -> None:
    assert "partner_key" in ConnectionForm(filled(partner_key="")).errors


@pytest.mark.parametrize("name", ["group_id", "module_id"])
@pytest.mark.parametrize("value", ["a/b", "a b", "a&b=c", "../x", "a\nb"])
def test_connection_form_refuses_ids_that_would_change_a_path(name: str, value: str) -> None:
    assert name in ConnectionForm(filled(**{name: value})).errors


def test_connection_form_keeps_the_key_that_is_set(stored: Connection) -> None:
    form = ConnectionForm(filled(partner_key="", name="Renamed"), instance=stored)
    assert form.is_valid()
    form.save()
    stored.refresh_from_db()
    assert dict(stored.secrets) == {"partner_key": KEY, "webhook": "w"}
    assert (stored.name, form.changes_access) == ("Renamed", False)


def test_connection_form_sends_no_stored_key_to_another_address(stored: Connection) -> None:
    moved = filled(partner_key="", region="other", address="https://elsewhere.example/booking/v1")
    assert "partner_key" in ConnectionForm(moved, instance=stored).errors
    assert ConnectionForm(moved | {"partner_key": KEY}, instance=stored).is_valid()


def test_connection_form_shows_the_region_of_what_is_stored(stored: Connection) -> None:
    assert ConnectionForm(instance=stored).initial["region"] == "eu"
    stored.base_url = "https://booxi.example/v1"
    form = ConnectionForm(instance=stored)
    assert (form.initial["region"], form.initial["address"]) == ("other", "https://booxi.example/v1")


def test_connection_form_forgets_old_trouble_when_access_changes(stored: Connection) -> None:
    stored.note_trouble(Connection.Trouble.MISCONFIGURED, "key refused")
    stored.refresh_from_db()
    same = ConnectionForm(filled(partner_key=""), instance=stored)
    assert same.is_valid()
    assert same.save().trouble == Connection.Trouble.MISCONFIGURED
    other = ConnectionForm(filled(partner_key="another-key-of-some-length"), instance=stored)
    assert other.is_valid()
    assert (other.save().trouble, stored.trouble_detail, stored.trouble_since) == ("", "", None)


def test_no_form_shows_a_secret(stored: Connection) -> None:
    for form in (ConnectionForm(instance=stored), ConnectionForm(filled(name="", partner_key=KEY), instance=stored)):
        assert KEY not in form.as_p()
    assert "1234" in str(known_key(KEY))


def test_of_a_short_key_nothing_is_shown() -> None:
    assert ending("short-key") == ""
    assert "short" not in str(known_key("short-key"))
    assert known_key("") == ""


def test_the_end_of_a_key_is_escaped() -> None:
    assert "<b>x" not in str(known_key("abcdefghijklmnop<b>x"))
