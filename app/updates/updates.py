"""When to ask for newer versions, what to tell of them, and what not to tell again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from app import __version__
from app.core.commands import Outcome
from app.core.errors import UsageError
from app.core.settings import UpdateSettings
from app.updates import identity
from app.updates.feed import Unreachable, fetch
from app.updates.release import Release, Untrusted, is_newer, read_release

log = logging.getLogger(__name__)

_DAY_SECONDS = 86_400.0


class Source(msgspec.Struct, frozen=True):
    """Where the feed is and whose word counts; the built-in ones unless a test or a setting has others."""

    feed: str | None = identity.FEED
    public_key: str | None = identity.PUBLIC_KEY
    version: str = __version__
    """Which one runs."""


class Updates:
    """Lives as long as the server; belongs to its loop's thread, but `news` and `problem` may be read from any."""

    def __init__(
        self,
        wanted: UpdateSettings,
        note: Path,
        *,
        source: Source | None = None,
        get: Callable[[str], Awaitable[bytes]] = fetch,
        keep_skipped: Callable[[str], object] = lambda _version: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`note`: remembers over restarts when it was asked last. `keep_skipped`: writes into the settings that a
        version is not to be told of; raises UsageError.
        """
        self.wanted = wanted
        """The settings as they are now; replaced as a whole when a person changes them."""
        self._keep_skipped = keep_skipped
        self._note = note
        self._source = source or Source()
        self._get = get
        self._clock = clock
        self._found: Release | None = None

    @property
    def problem(self) -> str | None:
        """Why nothing can be asked, as a sentence; None when it can."""
        if self._source.public_key is None or self._feed is None:
            return "No versions are published yet that Tidegate could look for."
        return None

    @property
    def news(self) -> Release | None:
        """The newer version a person should hear of: found by a look, and not one to be skipped."""
        found = self._found
        return found if found is not None and found.version != self.wanted.skipped else None

    async def look_if_due(self) -> None:
        """Ask if a person wants that, and not more than once a day. Quiet: what goes wrong is in the log only."""
        if not self.wanted.check or self.problem:
            return
        if abs(self._clock() - self._asked_at()) >= _DAY_SECONDS:  # a clock that was set back must not silence it
            await self.look()

    async def look(self) -> Outcome:
        """Ask now, because a person said so; the sentence tells what came of it."""
        if self.problem or self._feed is None or self._source.public_key is None:
            return Outcome(ok=False, sentence=self.problem or "")
        self._remember()
        try:
            release = read_release(await self._get(self._feed), self._source.public_key)
        except Unreachable as reason:
            log.info("word of newer versions can't be had: %s", reason)
            return Outcome(ok=False, sentence="The list of versions can't be reached now. Try again later.")
        except Untrusted as reason:
            log.warning("word of newer versions is not believed: %s", reason)
            return Outcome(
                ok=False, sentence="What came is not from Tidegate's makers, so it is ignored. Try again later."
            )
        if not is_newer(release.version, self._source.version):
            self._found = None
            return Outcome(ok=True, sentence=f"Tidegate {self._source.version} is the newest version.")
        self._found = release
        log.info("version %s is published", release.version)
        return Outcome(ok=True, sentence=f"Tidegate {release.version} is published. Download it at {release.page}")

    def skip(self) -> Outcome:
        """Tell no more of the version that was found; the next one is told of again. Thread-safe."""
        if (found := self.news) is None:
            return Outcome(ok=False, sentence="There is no newer version to skip.")
        try:
            self._keep_skipped(found.version)
        except UsageError as error:
            return Outcome(ok=False, sentence=str(error))
        self.wanted = replace(self.wanted, skipped=found.version)
        return Outcome(ok=True, sentence=f"You will not be told of {found.version} again.")

    @property
    def _feed(self) -> str | None:
        return self.wanted.feed or self._source.feed

    def _asked_at(self) -> float:
        """Unix seconds; 0 when it never did."""
        try:
            noted = json.loads(self._note.read_text("utf-8"))
            return float(noted["asked_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0

    def _remember(self) -> None:
        try:
            self._note.write_text(json.dumps({"asked_at": self._clock()}), "utf-8")
        except OSError as error:
            log.info("when it was asked for newer versions can't be noted: %s", error.strerror)
