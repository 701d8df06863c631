"""Takes secrets out of text that is about to be written down: those we know by value, the rest by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
_SHORTEST = 6
"""A known secret shorter than this is not looked for: it would blacken ordinary words."""

_SHAPES = re.compile(
    r"""
      \bsk-[A-Za-z0-9_-]{8,}                                       # API keys
    | \btg-[A-Za-z0-9_-]{16,}                                      # our own
    | \b(AKIA|ASIA)[A-Z0-9]{16}\b | \bya29\.[A-Za-z0-9_-]{8,}        # cloud providers
    | \beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*    # signed web tokens
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                              # name:password in an address
    | (?<=bearer\s)[^\s'",;]+ | (?<=basic\s)[A-Za-z0-9+/=]{8,}     # what a header carries
    | (?<=x-api-key['":=\s])['":=\s]*[^\s'",;]{4,}
    | (?<=tidegate_dashboard=)[^\s;'"]+ | (?<=[?&]code=)[^\s&'"]+     # what opens the dashboard
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Redaction:
    """Lives as long as the program; learns secrets as they become known. Thread-safe."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: frozenset[str] = frozenset()
        for secret in known:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on this value is never written."""
        if len(secret) >= _SHORTEST:
            self._known |= {secret}

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return _SHAPES.sub(HIDDEN, text)


def one_line(text: str) -> str:
    """The text with control characters written out: it can neither forge a line nor command a terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
