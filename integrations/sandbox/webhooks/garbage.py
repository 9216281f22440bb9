"""Bodies nobody should have sent, signed as if they were meant."""

BODIES: dict[str, bytes] = {
    "not_json": b"<!doctype html><title>Sorry</title>",
    "empty": b"",
    "not_utf8": b'{"id": "\xff\xfe"}',
    "nan": b'{"id": NaN, "type": "appointment.updated", "content": {"booking": {"staffId": Infinity}}}',
    "nul": b'{"id": "evt-\\u0000", "type": "appointment.updated", "content": {"booking": {"bookingId": "\\u0000"}}}',
    "surrogate": b'{"id": "evt-\\ud800", "type": "appointment.updated", "content": {}}',
    "deep": b"[" * 100_000,
    "long_number": b'{"id": ' + b"9" * 5_000 + b', "type": "appointment.updated", "content": {}}',
    "wrong_types": b'{"id": {"a": 1}, "type": 17, "createdOn": [], "content": "booking", "data": 5}',
    "list": b'["appointment.updated"]',
    "unknown_type": b'{"id": "evt-unheard-of", "type": "appointment.teleported", "content": {"planet": 4}}',
}
