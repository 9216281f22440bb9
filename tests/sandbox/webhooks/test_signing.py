import base64
import hashlib
import hmac

import pytest

from integrations.sandbox.http import Refusal
from integrations.sandbox.webhooks.signing import SCHEMES, Letter, headers, standard_key, wrong_secret

LETTER = Letter(id="evt-1", at=1_700_000_000, body=b'{"id":"evt-1"}')


def digest(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def test_booxi_signs_time_and_body() -> None:
    signed = headers("booxi", secret="s", header="", letter=LETTER)

    wanted = digest(b"s", b'1700000000.{"id":"evt-1"}').hex()
    assert signed == {"Booxi-Signature": f"t=1700000000,v1={wanted}"}


def test_standard_signs_id_time_and_body() -> None:
    key = b"0123456789abcdef01234567"
    secret = "whsec_" + base64.b64encode(key).decode()
    signed = headers("standard", secret=secret, header="", letter=LETTER)

    wanted = base64.b64encode(digest(key, b'evt-1.1700000000.{"id":"evt-1"}')).decode()
    assert signed == {
        "webhook-id": "evt-1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": f"v1,{wanted}",
    }


def test_plain_schemes_sign_the_body_or_nothing() -> None:
    plain = digest(b"s", LETTER.body)

    assert headers("hmac_hex", secret="s", header="", letter=LETTER) == {"X-Signature": plain.hex()}
    assert headers("hmac_base64", secret="s", header="", letter=LETTER) == {
        "X-Signature": base64.b64encode(plain).decode()
    }
    assert headers("static", secret="s", header="X-Mine", letter=LETTER) == {"X-Mine": "s"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_wrong_secret_signs_otherwise(scheme: str) -> None:
    right = "whsec_c2VjcmV0" if scheme == "standard" else "secret"
    made = [headers(scheme, secret=secret, header="", letter=LETTER) for secret in (right, wrong_secret(scheme))]

    assert made[0].keys() == made[1].keys()
    assert made[0] != made[1]


@pytest.mark.parametrize("secret", ["c2VjcmV0", "whsec_", "whsec_%%%", "whsec_é"])
def test_unreadable_standard_secret_is_refused(secret: str) -> None:
    with pytest.raises(Refusal):
        standard_key(secret)
