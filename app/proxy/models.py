"""The catalogue: which ids exist, which engine serves them, and what an app may call them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.proxy.engines import Engine
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.model import ServedModel

_PREFIX = re.compile(r"^[^/]+/")
_CLAUDE_ID = re.compile(r"^claude-[a-z0-9.-]+(\[1m\])?$")
_SIZE_SUFFIX = re.compile(r"-(1m|200k)$")
_BARE_FAMILY = re.compile(r"^(?:claude-)?(opus|sonnet|haiku|fable|mythos)(?:-\d)?$")
FOREIGN_ALIASES = {"gpt-4": "opus", "gpt-4o": "sonnet", "gpt-3.5-turbo": "haiku"}
"""Names of other makers' models that apps have built in; honoured when asked for, never listed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model and the engine that serves it."""

    model: ServedModel
    engine: Engine


class Catalogue:
    """Asks the engines; holds no list of its own, so that what is listed is what is served."""

    def __init__(self, engines: Sequence[Engine], *, default_model: str | None = None) -> None:
        """`engines`: the one that reaches Claude first, then the demo; `default_model`: for `default` and no id."""
        self._engines = tuple(engines)
        self._default = default_model

    async def entries(self) -> tuple[Entry, ...]:
        """All models of all engines; an engine that can't say what it serves contributes none."""
        found: list[Entry] = []
        for engine in self._engines:
            try:
                found += [Entry(model, engine) for model in await engine.models()]
            except Refused:
                continue
        return tuple(found)

    async def resolve(self, asked: str) -> tuple[Engine, str]:
        """The engine and its own model id for the id an app asked for; raises Refused (404) naming the choices."""
        entries = await self.entries()
        wanted = _PREFIX.sub("", asked.strip())
        wanted = FOREIGN_ALIASES.get(wanted, wanted)
        if wanted in ("", "default"):
            wanted = self._default or (entries[0].model.id if entries else "")
        wanted = _with_size(wanted)
        for entry in entries:
            if entry.model.id == wanted:
                return entry.engine, wanted
        if family := _BARE_FAMILY.match(wanted):
            for entry in entries:
                if family[1] in entry.model.id:
                    return entry.engine, entry.model.id
        if _CLAUDE_ID.match(wanted) and len(self._engines) > 1:
            return self._engines[0], wanted  # a model newer than this list: the service knows best
        raise Refused(_unknown(asked, entries))

    async def unknown(self, asked: str) -> Fault:
        """The fault for an id that nobody serves, also when only the service knew that; names the choices."""
        return _unknown(asked, await self.entries())


def _unknown(asked: str, entries: Sequence[Entry]) -> Fault:
    named = ", ".join(entry.model.id for entry in entries)
    message = f"There is no model {asked!r} here. Choose one of: {named}."
    return Fault(FaultKind.NOT_FOUND, message, code="model_not_found", param="model", retryable=False)


def _with_size(model: str) -> str:
    size = _SIZE_SUFFIX.search(model)
    if not size:
        return model
    return model[: size.start()] + ("[1m]" if size[1] == "1m" else "")
