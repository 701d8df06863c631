"""What a person is told unasked: only what needs them, and never twice, not even by the next start of the program."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.account_state import Kind
from app.core.bus import Noted
from app.core.events import AccountChanged, RequestRefused
from app.core.settings_file import replace_file

log = logging.getLogger(__name__)

_NEEDS_A_PERSON = {
    Kind.EXPIRED: "Sign in again",
    Kind.REFUSED: "Claude refuses this account",
    Kind.LIMITED: "Limit reached",
    Kind.ENGINE_MISSING: "Something is missing",
}
_WORKS = {Kind.PROVEN, Kind.SIGNED_IN, Kind.CONFIGURED}
_MOST_PAGES = 20
"""Of web pages that ask for access in one run; a hostile one could make up names for ever."""


class Notification(msgspec.Struct, frozen=True):
    title: str
    text: str


class Trouble(msgspec.Struct, frozen=True):
    """Trouble that was told and is not over, as far as anybody knows."""

    kind: Kind
    sentence: str
    proven_at: float | None
    """When Claude had answered last: a later answer ends it."""
    until: float | None
    """When it ends by itself. Both in Unix seconds."""


class Told(msgspec.Struct, frozen=True):
    """What was told already."""

    trouble: Trouble | None = None
    pages: tuple[str, ...] = ()
    version: str = ""


class Notifications:
    """Lives as long as the program, restarts of the server included. Belongs to one thread."""

    def __init__(self, file: Path | None = None) -> None:
        """`file` remembers from start to start."""
        self._file = file
        self._told = _read(file)
        self._pages_now = 0

    def after(self, news: Sequence[Noted], version: str = "") -> list[Notification]:
        """What to tell after these events, and of a newer version that is published."""
        before = self._told
        told: list[Notification] = []
        for noted in news:
            match noted.event:
                case AccountChanged() as changed:
                    told += self._account(changed, noted.at)
                case RequestRefused(reason="origin", origin=str(page)):
                    told += self._page(page)
                case _:
                    pass
        if version and version != self._told.version:
            self._told = replace(self._told, version=version)
            told.append(Notification("Update available", f"Tidegate {version} can be installed. See the dashboard."))
        if self._told != before:
            self._keep()
        return told

    def _account(self, changed: AccountChanged, at: float) -> list[Notification]:
        kind, known = Kind(changed.kind), self._told.trouble
        if kind in _NEEDS_A_PERSON:
            if known and _is_same(known, changed, at):
                return []
            trouble = Trouble(kind, changed.sentence, changed.proven_at, changed.until)
            self._told = replace(self._told, trouble=trouble)
            return [Notification(_NEEDS_A_PERSON[kind], changed.sentence)]
        if known is None or kind not in _WORKS or not _is_over(known, changed, at):
            return []
        self._told = replace(self._told, trouble=None)
        if known.kind is not Kind.LIMITED:
            return []
        proven = _is_newer(changed.proven_at, known.proven_at)
        return [Notification("Limit over", f"Your Claude plan {'works' if proven else 'should work'} again.")]

    def _page(self, page: str) -> list[Notification]:
        if page in self._told.pages or self._pages_now >= _MOST_PAGES:
            return []
        self._pages_now += 1
        self._told = replace(self._told, pages=(*self._told.pages, page)[-_MOST_PAGES:])
        return [
            Notification(
                "A web page asks for access",
                f"{page} tried to use Claude through Tidegate. Allow or refuse it in the dashboard's settings.",
            )
        ]

    def _keep(self) -> None:
        if self._file:
            try:
                replace_file(self._file, msgspec.json.encode(self._told).decode())
            except OSError as error:
                log.info("what was told can't be remembered: %s", error)


def _is_same(known: Trouble, changed: AccountChanged, at: float) -> bool:
    """A limit's sentence holds its end, which each refused request tells a little differently."""
    if known.kind is not Kind(changed.kind):
        return False
    if known.kind is Kind.LIMITED:
        return known.until is None or at < known.until
    return known.sentence == changed.sentence and not _is_newer(changed.proven_at, known.proven_at)


def _is_over(known: Trouble, changed: AccountChanged, at: float) -> bool:
    """After a restart nothing is known of it any more, which does not mean that it is over."""
    if _is_newer(changed.proven_at, known.proven_at) or changed.kind == Kind.SIGNED_IN.value:
        return True
    return known.until is not None and at >= known.until


def _is_newer(proven_at: float | None, before: float | None) -> bool:
    return proven_at is not None and (before is None or proven_at > before)


def _read(file: Path | None) -> Told:
    if file is None:
        return Told()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Told)
    except (OSError, msgspec.MsgspecError):
        return Told()
