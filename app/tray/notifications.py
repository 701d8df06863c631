"""What a person is told unasked: only what needs them, and never twice. Keeps no more than what was said last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core.account_state import Kind
from app.core.events import AccountChanged, Event, RequestRefused

_NEEDS_A_PERSON = {
    Kind.EXPIRED: "Sign in again",
    Kind.REFUSED: "Claude refuses this account",
    Kind.LIMITED: "Limit reached",
    Kind.ENGINE_MISSING: "Something is missing",
}
_WORKS = {Kind.PROVEN, Kind.SIGNED_IN, Kind.CONFIGURED}
_MOST_PAGES = 20
"""Of web pages that ask for access in one run; a hostile one could make up names for ever."""


@dataclass(frozen=True, slots=True)
class Notification:
    title: str
    text: str


@dataclass(slots=True)
class Notifications:
    """Lives as long as the program, restarts of the server included. Belongs to one thread."""

    _told: Kind | None = None
    """The trouble that was told last and is not over."""
    _pages: set[str] = field(default_factory=set)
    _version: str = ""

    def after(self, events: Sequence[Event]) -> list[Notification]:
        """What to tell after these events."""
        told: list[Notification] = []
        for event in events:
            match event:
                case AccountChanged():
                    told += self._account(Kind(event.kind), event.sentence)
                case RequestRefused(reason="origin", origin=str(page)):
                    told += self._page(page)
                case _:
                    pass
        return told

    def update(self, version: str) -> list[Notification]:
        """A newer version is published."""
        if version == self._version:
            return []
        self._version = version
        return [Notification("Update available", f"Tidegate {version} can be installed. See the dashboard.")]

    def _account(self, kind: Kind, sentence: str) -> list[Notification]:
        if kind in _NEEDS_A_PERSON:
            if kind is self._told:
                return []
            self._told = kind
            return [Notification(_NEEDS_A_PERSON[kind], sentence)]
        if kind not in _WORKS:
            return []
        was, self._told = self._told, None
        if was is Kind.LIMITED:
            return [Notification("Limit over", "Your Claude plan works again.")]
        return []

    def _page(self, page: str) -> list[Notification]:
        if page in self._pages or len(self._pages) >= _MOST_PAGES:
            return []
        self._pages.add(page)
        return [
            Notification(
                "A web page asks for access",
                f"{page} tried to use Claude through Tidegate. Allow or refuse it in the dashboard, under Connect.",
            )
        ]
