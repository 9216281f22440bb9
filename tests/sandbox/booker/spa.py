"""Somebody who talks to the Booker stand-in, with keys and tokens of its own."""

from typing import Any

from tests.sandbox.desk import Answer, Desk

NEW_YORK, CHICAGO, LOS_ANGELES = 10001, 10002, 10003
MASSAGE, FACIAL, MANICURE, BLOW_DRY = 7101, 7104, 7106, 7108
FIRST, SECOND, THIRD, FOURTH = 30101, 30102, 30103, 30104
MIRA, TEODOR = 500001, 500002
# A Tuesday past everything the seed plants: nobody has anything to do but be at work, 09:30 to 17:30 (UTC-5).
FREE_DAY = "2027-01-19"


class Spa:
    """Calls with a token of one location, or of the consumer side."""

    def __init__(self, desk: Desk, *, location_id: int = NEW_YORK) -> None:
        self.desk = desk
        self.story = desk.story()["booker"]
        self.location_id = location_id
        self.token = self.merchant_token(location_id)

    def key(self, product: str) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self.story["subscription_keys"][product]}

    def ask_token(self, *, path: str = "/v5/auth/connect/token", **form: str) -> Answer:
        given = {"client_id": self.story["client_id"], "client_secret": self.story["client_secret"]} | form
        response = self.desk.client.post(path, data=given, headers=self.key("merchant"))
        return Answer(response.status_code, response.get_json(), dict(response.headers))

    def merchant_token(self, whose: int | str) -> str:
        personal = self.story["personal_access_tokens"][str(whose)]
        answer = self.ask_token(grant_type="personal_access_token", scope="merchant", personal_access_token=personal)
        assert answer.status == 200, answer.body
        return str(answer.body["access_token"])

    def customer_token(self) -> str:
        return str(self.ask_token(grant_type="client_credentials", scope="customer").body["access_token"])

    # ---- calls

    def merchant(self, method: str, path: str, *, query: Any = None, token: str | None = None, **body: Any) -> Answer:
        return self._call("merchant", method, path, token=token or self.token, query=query, body=body)

    def customer(self, method: str, path: str, *, query: Any = None, **body: Any) -> Answer:
        return self._call("customer", method, path, token=self.customer_token(), query=query, body=body)

    def free(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Answer:
        """A v5 availability call."""
        headers = self.key("availability") | {"Authorization": f"Bearer {self.customer_token()}"}
        return self.desk.ask(method, f"/v5{path}", headers=headers, query=query, body=body)

    def _call(self, family: str, method: str, path: str, *, token: str, query: Any, body: dict[str, Any]) -> Answer:
        headers, given = self.key(family), dict(query or {})
        if method == "GET":
            given["access_token"] = token
        content = {"access_token": token, **body} if method != "GET" else None
        return self.desk.ask(method, f"/v4.1/{family}{path}", headers=headers, query=given, body=content)

    # ---- what tests do over and over

    def found(self, what: str, key: str = "Results", **body: Any) -> list[Any]:
        answer = self.merchant("POST", f"/{what}", **({"LocationID": self.location_id} | body))
        assert answer.body["IsSuccess"], answer.body
        rows: list[Any] = answer.body[key]
        return rows

    def client(self, customer_id: int = MIRA) -> Any:
        return self.merchant("GET", f"/customer/{customer_id}").body["Customer"]["Customer"]

    def appointment(self, appointment_id: int) -> Any:
        return self.merchant("GET", f"/appointment/{appointment_id}").body["Appointment"]


def failure(answer: Answer) -> tuple[int, int, bool]:
    """The status, Booker's code, and whether it calls itself a success."""
    return answer.status, answer.body["ErrorCode"], answer.body["IsSuccess"]
