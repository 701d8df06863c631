"""The service's model list, asked for rarely and kept while the service can't be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.proxy.engines.direct_api.translate import LONG_CONTEXT, reported_capabilities, served_models
from app.proxy.neutral.capabilities import Capabilities, capabilities_of
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.model import ServedModel

LIST_SECONDS = 600.0
"""New models appear rarely; a new key needs a new engine anyway."""
FAILURE_SECONDS = 5.0
"""A failed question is not repeated for so long: a burst of requests must not become a burst of questions."""

Ask = Callable[[], Awaitable[list[dict[str, Any]]]]


class ModelList:
    """Lives as long as its engine; one question at a time."""

    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._asking = asyncio.Lock()
        self._models: tuple[ServedModel, ...] = ()
        self._capabilities: Mapping[str, Capabilities] = {}
        self._failure: Refused | None = None
        self._good_until = float("-inf")

    async def models(self) -> tuple[ServedModel, ...]:
        """The list, at most ten minutes old, or the last one known; raises Refused when there never was one."""
        if self._clock() >= self._good_until:
            async with self._asking:
                if self._clock() >= self._good_until:
                    await self._renew()
        if not self._models and self._failure:
            raise Refused(self._failure.fault)
        return self._models

    def capabilities(self, model: str) -> Capabilities:
        """What the model takes: as listed, else by the rule."""
        known = self._capabilities.get(model.removesuffix(LONG_CONTEXT))
        return known or capabilities_of(model)

    async def _renew(self) -> None:
        try:
            listed = await self._ask()
        except Refused as refused:
            self._failure = refused
            self._good_until = self._clock() + FAILURE_SECONDS
            return
        self._failure = None
        self._models = served_models(listed)
        self._capabilities = {str(info["id"]): reported_capabilities(info) for info in listed}
        self._good_until = self._clock() + LIST_SECONDS
