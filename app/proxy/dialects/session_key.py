"""The key under which a chat app continues a conversation: it travels in headers, logs and addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.proxy.neutral.fault import invalid

HEADER = "x-session-id"
MEMBER = "session_id"

PATTERN = r"^(?!\.{1,2}$)[A-Za-z0-9._:@-]{1,128}$"
"""Without `.` and `..`: in an address they mean another one."""
_KEY = re.compile(PATTERN)


def session_key(headers: Mapping[str, str], member: str | None) -> str | None:
    """The header's key before the body's, or none; raises Refused for one that could break a header or a log.

    `member` is the body's session_id.
    """
    name, key = (HEADER, headers[HEADER]) if HEADER in headers else (MEMBER, member)
    if key is None or _KEY.fullmatch(key):
        return key
    raise invalid(
        f"{name} must be 1 to 128 letters, digits or any of . _ : @ -, not just . or ..", name, "invalid_session_id"
    )
