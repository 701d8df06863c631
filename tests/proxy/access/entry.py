"""What the tests of the guard share."""

from __future__ import annotations

from app.core.events import RequestRefused
from app.proxy.admission import AccessRules
from tests.fakes import one_key
from tests.proxy.live import KEY, PAGE, Live

CHAT = "/v1/chat/completions"
RULES = AccessRules(3456, one_key(KEY, "test"), frozenset({PAGE}))
CORS = "access-control-"


def reasons(live: Live) -> list[str]:
    return [event.reason for event in live.events if isinstance(event, RequestRefused)]


def cors_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [header for header in headers if header[0].startswith(CORS)]
