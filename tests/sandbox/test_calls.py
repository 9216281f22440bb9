from tests.sandbox.desk import Desk


def calls(desk: Desk) -> dict[str, object]:
    body: dict[str, object] = desk.panel("GET", "/__chaos/calls").body
    return body


def test_calls_are_counted_by_endpoint_and_status(desk: Desk) -> None:
    desk.partner("GET", "/merchant/501")
    desk.partner("GET", "/merchant/502")
    desk.partner("GET", "/merchant/99")
    desk.partner("GET", "/nothing")

    report = calls(desk)
    assert report["total"] == 4
    assert report["statuses"] == {"200": 2, "404": 2}
    assert {
        "method": "GET",
        "path": "/merchant/<id:merchant_id>",
        "total": 3,
        "statuses": {"200": 2, "404": 1},
    } in report["endpoints"]  # type: ignore[operator]


def test_calls_tell_the_kind_of_key_and_nothing_personal(desk: Desk) -> None:
    desk.partner("GET", "/client", query={"merchantId": 501, "email": "lea.noir@example.org"})
    desk.store("GET", "/merchant")

    report = calls(desk)
    assert [call["key"] for call in report["calls"]] == ["partner", "merchant"]  # type: ignore[attr-defined]
    assert "lea.noir" not in str(report)
    assert "sandbox-merchant" not in str(report)


def test_calls_remember_five_hundred_and_count_all(desk: Desk) -> None:
    for _ in range(510):
        desk.partner("GET", "/nothing")

    report = calls(desk)
    assert (report["total"], len(report["calls"])) == (510, 500)  # type: ignore[arg-type]


def test_calls_are_forgotten(desk: Desk) -> None:
    desk.partner("GET", "/merchant/501")
    desk.panel("DELETE", "/__chaos/calls")

    assert calls(desk)["total"] == 0


def test_panels_are_not_calls(desk: Desk) -> None:
    desk.panel("GET", "/__story")

    assert calls(desk)["total"] == 0
