"""Who is signed in, which models there are, and how much of the plan is used: as the CLI reports it, never asked for.

All of it is learned in passing, from what processes say when they are bound and while they answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from app.core.status import PlanWindow, window_label
from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.engines.reach import EngineFacts
from app.proxy.neutral.capabilities import capabilities_of
from app.proxy.neutral.model import ServedModel

_REJECTED = "rejected"
_UNNAMED = "plan"
"""The window of an event that names none: only that it turns requests away is worth telling."""
_FAMILIES = ("opus", "sonnet", "haiku", "fable", "mythos")
_CREATED = 1_767_225_600  # the CLI tells no dates; constant, so that lists compare equal


class Identity(msgspec.Struct, frozen=True):
    """Which credential the CLI uses, in its own words."""

    method: str
    """api key source, token source or provider; none when there is no credential."""
    email: str | None = None
    plan: str | None = None


class LimitWindow(msgspec.Struct, frozen=True):
    """One of the plan's windows, such as five_hour or seven_day."""

    name: str
    status: str
    """allowed, allowed_warning or rejected."""
    used_share: float | None
    resets_at: int | None
    """Unix seconds."""

    @property
    def family(self) -> str | None:
        """The family of models it is about (opus in seven_day_opus); None when it is about all."""
        return next((family for family in _FAMILIES if family in self.name), None)


class Account:
    """Lives as long as the engine."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known = False
        self._listed: tuple[ServedModel, ...] = ()
        self._measured: dict[str, tuple[int, int]] = {}
        self.identity: Identity | None = None
        self.cli_version: str | None = None
        self.windows: dict[str, LimitWindow] = {}

    @property
    def known(self) -> bool:
        """True once a process has told its models."""
        return self._known

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """The live list, the default first; lengths are those of answers seen, else of the model's family."""
        return tuple(self._with_measured(model) for model in self._listed)

    def forget(self) -> None:
        """Somebody signed in or out: what was said of whoever it was before counts no more."""
        self.identity = None
        self.windows = {}

    def note_bound(self, told: Frame) -> None:
        """What a process said when it was bound."""
        self._known = True
        self.cli_version = told.get("claude_code_version")
        self._listed = _models(told.get("models") or ())
        self.identity = _identity(told.get("account") or {})

    def note_frame(self, frame: Frame) -> LimitWindow | None:
        """What a process said in the middle of an answer; the window that turns this very answer away, if one does."""
        if frame["type"] == "rate_limit_event":
            told = _windows(frame.get("rate_limit_info") or {})
            self.windows |= {window.name: window for window in told}
            return told[-1] if told[-1].status == _REJECTED else None
        if frame["type"] == "result":
            for model, usage in (frame.get("modelUsage") or {}).items():
                if usage.get("contextWindow") and usage.get("maxOutputTokens"):
                    self._measured[model] = usage["contextWindow"], usage["maxOutputTokens"]
        return None

    def reached_limit(self, model: str = "") -> LimitWindow | None:
        """The window of the plan that turns requests away now, the one that lasts longest; None when none does.

        A window of one family of models counts only where `model` is of that family: the others go on working.
        """
        now = self._clock()
        reached = [
            window
            for window in self.windows.values()
            if window.status == _REJECTED and (window.resets_at or 0) > now and (window.family or "") in model
        ]
        return max(reached, key=lambda window: window.resets_at or 0, default=None)

    def facts(self) -> EngineFacts:
        """All of it but the models, for whoever shows it."""
        reached = self.reached_limit()
        identity = self.identity
        return EngineFacts(
            windows=tuple(
                PlanWindow(each.name, window_label(each.name), each.used_share, each.resets_at, each.status)
                for each in self.windows.values()
                if each.name != _UNNAMED or each.status == _REJECTED
            ),
            cli_version=self.cli_version,
            identity={"method": identity.method, "email": identity.email, "plan": identity.plan} if identity else {},
            limit_ends=reached.resets_at if reached else None,
        )

    def _with_measured(self, model: ServedModel) -> ServedModel:
        if measured := self._measured.get(model.id):
            return replace(model, context_tokens=measured[0], max_output_tokens=measured[1])
        return model


def _models(listed: Sequence[Mapping[str, Any]]) -> tuple[ServedModel, ...]:
    found: dict[str, ServedModel] = {}
    for entry in listed:
        id_ = entry.get("resolvedModel") or entry["value"]
        told = _model(id_, entry)
        # "default" comes first and has no name of its own: it keeps its place and takes the named entry's name.
        if id_ not in found or entry["value"] != "default":
            found[id_] = told
    return tuple(found.values())


def _model(id_: str, entry: Mapping[str, Any]) -> ServedModel:
    capabilities = capabilities_of(id_)
    name = str(entry.get("description") or entry.get("displayName") or id_).split(" · ")[0]
    return ServedModel(
        id=id_,
        display_name=f"Claude {name}",
        context_tokens=capabilities.context_tokens,
        max_output_tokens=capabilities.max_output_tokens,
        created=_CREATED,
        efforts=tuple(entry.get("supportedEffortLevels") or ()),
        thinking_can_be_off=entry.get("supportsThinkingOff", capabilities.thinking_off is not None),
    )


def _identity(account: Mapping[str, Any]) -> Identity:
    sources = (account.get("apiKeySource"), account.get("tokenSource"))
    method = next((source for source in sources if source and source != "none"), "none")
    if (provider := account.get("apiProvider", "firstParty")) != "firstParty":
        method = provider
    return Identity(method, account.get("email"), account.get("subscriptionType"))


def _windows(info: Mapping[str, Any]) -> list[LimitWindow]:
    """The window an event is about, last, after all that it tells of the others."""
    told = {
        name: LimitWindow(name, "allowed", window.get("utilization"), window.get("resetsAt"))
        for name, window in (info.get("unifiedWindows") or {}).items()
    }
    name = str(info.get("rateLimitType") or _UNNAMED)
    same = told.pop(name, None)
    about = LimitWindow(
        name=name,
        status=str(info.get("status") or "allowed"),
        used_share=same.used_share if same else info.get("utilization"),
        resets_at=info.get("resetsAt"),
    )
    return [*told.values(), about]
