"""Compares keys so that the time it takes tells nothing about them."""

from __future__ import annotations

import hashlib
import hmac

from app.proxy.admission import KeyCheck


def one_key(value: str, name: str = "default") -> KeyCheck:
    """Accept exactly this key. Digests are compared: any bytes will do, and not even the length shows."""
    expected = hashlib.sha256(value.encode("utf-8")).digest()

    def check(given: bytes) -> str | None:
        return name if hmac.compare_digest(hashlib.sha256(given).digest(), expected) else None

    return check
