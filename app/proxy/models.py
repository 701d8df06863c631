"""The catalogue: which ids exist, which engine serves them, and what an app may call them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from app.core.conditions import Condition
from app.proxy.engines import Engine
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.capabilities import capabilities_of
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.model import ServedModel

_PREFIX = re.compile(r"^[^/]+/")
_CLAUDE_ID = re.compile(r"^claude-[a-z0-9.-]+(\[1m\])?$")
_SIZE_SUFFIX = re.compile(r"-(1m|200k)$")
_DATE_SUFFIX = re.compile(r"-\d{8}$")
_BARE_FAMILY = re.compile(r"^(?:claude-)?(opus|sonnet|haiku|fable|mythos)(?:-\d)?$")
_LONG = "[1m]"
_LONG_TOKENS = 1_000_000

FOREIGN_ALIASES: Mapping[str, str] = {
    "gpt-5": "opus",
    "gpt-4": "opus",
    "gpt-4-turbo": "opus",
    "gpt-4o": "sonnet",
    "gpt-4.1": "sonnet",
    "gpt-5-mini": "haiku",
    "gpt-5-nano": "haiku",
    "gpt-4o-mini": "haiku",
    "gpt-4.1-mini": "haiku",
    "gpt-4.1-nano": "haiku",
    "gpt-3.5-turbo": "haiku",
}
"""Names of another maker's models that apps have built in, often for the titles of chats; honoured when asked for."""
_ANY = "claude-sonnet"
"""Asked for where no list is to be had: what keeps the engine from answering comes before whether it knows the id."""
SHORT_NAMES = ("opus", "sonnet", "haiku")


class Entry(msgspec.Struct, frozen=True):
    """A model and the engine that serves it."""

    model: ServedModel
    engine: Engine


class Catalogue:
    """Asks the engines; holds no list of its own, so that what is listed is what is served."""

    def __init__(
        self,
        engines: Sequence[Engine],
        *,
        default_model: str | None = None,
        hidden: Collection[str] = (),
        aliases: Mapping[str, str] | None = None,
        lists_aliases: bool = False,
    ) -> None:
        """`engines`: the one that reaches Claude first, then the demo; `default_model`: for `default` and no id.

        `hidden`: ids that answer but are not shown. `aliases`: a person's own names, which come before all others;
        `lists_aliases`: show every name, for apps that offer only what is listed.
        """
        self._engines = tuple(engines)
        self._default = default_model
        self._hidden = frozenset(hidden)
        self._aliases = dict(aliases or {})
        self._lists_aliases = lists_aliases

    async def entries(self) -> tuple[Entry, ...]:
        """All models of all engines; an engine that can't say what it serves contributes none."""
        found: list[Entry] = []
        for engine in self._engines:
            try:
                found += [Entry(model, engine) for model in await engine.models()]
            except Refused:
                continue
        return tuple(found)

    async def listed(self) -> tuple[Entry, ...]:
        """What apps are shown: without what is hidden and, where a setting wants it, with every alias at the end."""
        entries = await self.entries()
        return (*self._visible(entries), *(self._named_entries(entries) if self._lists_aliases else ()))

    async def described(self, asked: str) -> Entry:
        """The model an id or an alias stands for, under its own id; raises Refused (404) naming the choices."""
        entries = await self.entries()
        _, served = self._resolve(asked, entries)
        if entry := _entry_of(served, entries):
            return entry
        # The service may know a newer id, but there is nothing true to say about its size.
        raise Refused(self._unknown(asked, entries))

    async def resolve(self, asked: str) -> tuple[Engine, str]:
        """The engine and its own model id for the id an app asked for; raises Refused (404) naming the choices."""
        return self._resolve(asked, await self.entries())

    async def proving(self) -> str:
        """The model whose answer proves the way to Claude: the usual one, unless the demo serves that; then the first
        of the engine itself. Raises Refused where nothing reaches Claude, or what does can't say what it serves."""
        way = self._engines[0]
        if way.name == "demo":
            raise Refused(fault_of(Condition.NOT_CONFIGURED))
        listed = await way.models()
        engine, usual = await self.resolve("default")
        if engine is way:
            return usual
        return listed[0].id if listed else _ANY

    async def unknown(self, asked: str) -> Fault:
        """The fault for an id that nobody serves, also when only the service knew that; names the choices."""
        return self._unknown(asked, await self.entries())

    def _resolve(self, asked: str, entries: tuple[Entry, ...]) -> tuple[Engine, str]:
        wanted = self._meant(asked, entries)
        for entry in entries:
            if entry.model.id == wanted:
                return entry.engine, wanted
        if family := _BARE_FAMILY.match(wanted):
            for entry in (*self._visible(entries), *entries):
                if family[1] in entry.model.id:
                    return entry.engine, entry.model.id
            if not self._own(entries):
                wanted = f"claude-{family[1]}"  # whatever keeps the engine from saying what it serves, it tells
        if _CLAUDE_ID.match(wanted) and len(self._engines) > 1:
            return self._engines[0], wanted  # a model newer than this list: the service knows best
        raise Refused(self._unknown(asked, entries))

    def _meant(self, asked: str, entries: tuple[Entry, ...]) -> str:
        """The id behind the names: a person's own, then those of other makers, then `default`."""
        whole = asked.strip()
        wanted = _PREFIX.sub("", whole)
        wanted = self._aliases.get(whole) or self._aliases.get(wanted) or wanted
        if wanted in ("", "default"):
            wanted = self._default or self._first(entries)
            wanted = self._aliases.get(wanted, wanted)
        wanted = FOREIGN_ALIASES.get(_PREFIX.sub("", wanted), _PREFIX.sub("", wanted))
        return _with_size(wanted)

    def _first(self, entries: tuple[Entry, ...]) -> str:
        """The first model of the way to Claude; where that can't say what it serves, one that lets it say why."""
        own = self._own(entries)
        first = next(iter((*self._visible(own), *own)), None)
        return first.model.id if first else _ANY

    def _own(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.engine is self._engines[0])

    def _visible(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.model.id not in self._hidden)

    def _named_entries(self, entries: tuple[Entry, ...]) -> list[Entry]:
        """One entry for each alias that leads somewhere, as long and as able as what it stands for."""
        named: list[Entry] = []
        taken = {entry.model.id for entry in entries} | self._hidden
        for name in dict.fromkeys((*self._aliases, *SHORT_NAMES, *FOREIGN_ALIASES)):
            try:
                _, served = self._resolve(name, entries)
            except Refused:
                continue
            if (entry := _entry_of(served, entries)) and name not in taken:
                model = replace(entry.model, id=name, display_name=f"{name} → {entry.model.display_name}")
                named.append(Entry(model, entry.engine))
        return named

    def _unknown(self, asked: str, entries: tuple[Entry, ...]) -> Fault:
        choices = ", ".join(entry.model.id for entry in self._visible(entries))
        meant = self._meant(asked, entries)
        told = "" if meant in asked else f" ({asked!r} stands for it in Tidegate's settings)"
        name = asked if meant in asked else meant
        message = f"There is no model {name!r} here{told}. Choose one of: {choices}."
        return Fault(FaultKind.NOT_FOUND, message, code="model_not_found", param="model", retryable=False)


def _entry_of(served: str, entries: tuple[Entry, ...]) -> Entry | None:
    """The entry of an id, also of one with a date or with [1m] whose plain form alone is listed."""
    plain = served.removesuffix(_LONG)
    for entry in entries:
        if entry.model.id == served:
            return entry
        if entry.model.id in (plain, _DATE_SUFFIX.sub("", plain)):
            return Entry(_as_asked(entry.model, served), entry.engine)
    return None


def _as_asked(model: ServedModel, id_: str) -> ServedModel:
    """The listed model under a longer id; [1m] makes only those longer that have a million to give."""
    known = capabilities_of(model.id)
    longer = id_.endswith(_LONG) and (known.long_context_beta or known.context_tokens >= _LONG_TOKENS)
    return replace(model, id=id_, context_tokens=_LONG_TOKENS if longer else model.context_tokens)


def _with_size(model: str) -> str:
    """`…-1m` and `…-200k`, as older proxies wrote sizes, in the spelling the engines know."""
    size = _SIZE_SUFFIX.search(model)
    if not size:
        return model
    return model[: size.start()] + (_LONG if size[1] == "1m" else "")
