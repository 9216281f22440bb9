"""Who may sign in to the stand-in, and with what. Invented here; they open nothing else."""

from dataclasses import dataclass
from urllib.parse import quote

CLIENT_ID = "sandbox-booker-client"
CLIENT_SECRET = "sandbox-booker-secret"  # noqa: S105 (a stand-in's)
SIGNING_KEY = b"sandbox-booker-signing-key"

MERCHANT, CUSTOMER, AVAILABILITY, ALL = "merchant", "customer", "availability", "all"
ANY = "any"  # of a route: whichever product the key is for
OPEN = "open"  # of a route: no key at all
# Which products' keys open a route; clients that book for consumers bring one key for both of their products (R7, R11).
OPENED_BY = {
    MERCHANT: (MERCHANT, ALL),
    CUSTOMER: (CUSTOMER, ALL),
    AVAILABILITY: (AVAILABILITY, CUSTOMER, ALL),
    ANY: (MERCHANT, CUSTOMER, AVAILABILITY, ALL),
}
SUBSCRIPTION_KEYS = {
    "sandbox-booker-merchant-key": MERCHANT,
    "sandbox-booker-customer-key": CUSTOMER,
    "sandbox-booker-availability-key": AVAILABILITY,
    "sandbox-booker-key": ALL,
}

BRAND_ID = 700
BRAND_ACCOUNT = "juniperslate"
LOCATION_IDS = (10001, 10002, 10003)


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody at the spa. `location_id` is None for the brand's own people."""

    id: int
    name: str
    password: str
    location_id: int | None

    @property
    def personal_access_token(self) -> str:
        return f"sandbox/booker+pat/{self.location_id or 'brand'}=="

    @property
    def shown_token(self) -> str:
        """As the portal shows it: URL-encoded, to be decoded once before it is sent."""
        return quote(self.personal_access_token, safe="")


PASSWORD = "sandbox-booker-password"  # noqa: S105 (a stand-in's)
USERS = (
    User(id=4000, name="brand@juniperslate.example", password=PASSWORD, location_id=None),
    *(
        User(id=4000 + number, name=f"desk{number}@juniperslate.example", password=PASSWORD, location_id=location_id)
        for number, location_id in enumerate(LOCATION_IDS, start=1)
    ),
)


def user_by_token(token: str) -> User | None:
    return next((user for user in USERS if user.personal_access_token == token), None)


def user_by_password(name: str, password: str) -> User | None:
    return next((user for user in USERS if (user.name, user.password) == (name.strip().lower(), password)), None)


def told() -> dict[str, object]:
    """All of it, for `/__story`."""
    brand, first = USERS[0], USERS[1]
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "subscription_keys": {product: key for key, product in SUBSCRIPTION_KEYS.items()},
        "brand_id": BRAND_ID,
        "brand_account": BRAND_ACCOUNT,
        "location_ids": list(LOCATION_IDS),
        "personal_access_tokens": {str(user.location_id or "brand"): user.personal_access_token for user in USERS},
        "personal_access_tokens_as_shown": {str(user.location_id or "brand"): user.shown_token for user in USERS},
        "sign_in": {"user": first.name, "password": first.password},
        "brand_sign_in": {"user": brand.name, "password": brand.password},
    }
