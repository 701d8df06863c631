"""The engine for people with an API key: each turn is one streaming request to the Messages API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from app.core.conditions import Condition
from app.proxy.engines import TokenCount
from app.proxy.engines.api_blocks import ApiObject
from app.proxy.engines.direct_api.access import Access
from app.proxy.engines.direct_api.catalogue import ModelList
from app.proxy.engines.direct_api.events import AnswerReader
from app.proxy.engines.direct_api.faults import RefusedByService, Unreached
from app.proxy.engines.direct_api.limits import windows_of
from app.proxy.engines.direct_api.service_clock import ServiceClock
from app.proxy.engines.direct_api.translate import LONG_CONTEXT, counted_body, request_body
from app.proxy.engines.faults import fault_of
from app.proxy.engines.insistence import insisting
from app.proxy.engines.lessons import Lessons
from app.proxy.engines.reach import EngineFacts
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.fitting import fit, output_limit
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import Accepted, Failed, StreamEvent
from app.proxy.neutral.turn import Turn

if TYPE_CHECKING:
    from app.proxy.engines.direct_api.service import Answering, Service

_LONG_CONTEXT_BETA = "context-1m-2025-08-07"


class DirectEngine:
    """Owns one HTTP client; it is made in the background, because the package behind it takes a second to import."""

    name = "direct"

    def __init__(
        self,
        access: Access,
        *,
        thinking_allowance: int = 8_192,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`thinking_allowance`: tokens added to a limit that was written before models thought."""
        self._access = access
        self._allowance = thinking_allowance
        self._models = ModelList(self._ask_for_models, clock)
        self._lessons = Lessons()
        self._making: asyncio.Task[Service] | None = None
        self._told: Mapping[str, str] = {}
        self._service_clock = ServiceClock()
        self._closed = False

    async def start(self) -> None:
        """Begin to make the client; whoever needs it first waits for the rest."""
        self._begin()

    async def close(self) -> None:
        """Close every connection; running answers fail."""
        self._closed = True
        if self._making:
            making, self._making = self._making, None
            await asyncio.wait([making])
            if making.exception() is None:
                await making.result().close()

    async def models(self) -> tuple[ServedModel, ...]:
        return await self._models.models()

    def facts(self) -> EngineFacts:
        """How much of the key's limits is used and what time it is, as the last answer told."""
        return EngineFacts(windows=windows_of(self._told), clock_ahead_seconds=self._service_clock.ahead_seconds)

    def _tells(self, headers: Mapping[str, str]) -> None:
        self._told = headers
        self._service_clock.heard(headers)

    def notices(self) -> tuple[str, ...]:
        return ()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        fitted, _ = self._fitted(turn)
        service = await self._service()
        counted = await service.count_tokens(
            counted_body(fitted, self._models.capabilities(turn.model)), self._betas(turn.model)
        )
        return TokenCount(counted, exact=True)

    def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        return insisting(lambda: self._answer(turn), turn.tool_choice)

    async def _answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        fitted, ignored = self._fitted(turn)
        yield Accepted(ignored)
        try:
            answering = await self._asked(fitted)
        except RefusedByService as refused:
            self._tells(refused.problem.headers)
            if refused.problem.status != 400 or not self._lessons.learn(fitted, refused.problem.message or ""):
                yield Failed(refused.fault)
                return
            fitted, ignored = self._fitted(turn)
            yield Accepted(ignored)
            try:
                answering = await self._asked(fitted)
            except Refused as again:
                yield Failed(again.fault)
                return
        except Refused as refused:
            yield Failed(refused.fault)
            return
        self._tells(answering.headers)
        async with aclosing(_read(answering)) as events:
            async for event in events:
                yield event

    def _fitted(self, turn: Turn) -> tuple[Turn, tuple[str, ...]]:
        return fit(turn, self._models.capabilities(turn.model), self._lessons.of(turn.model))

    def _body(self, fitted: Turn) -> ApiObject:
        model = self._models.capabilities(fitted.model)
        return request_body(fitted, model, output_limit(fitted.parameters, model, self._allowance))

    async def _asked(self, fitted: Turn) -> Answering:
        """The answer's beginning; tried once more when a kept connection turns out to be dead."""
        service = await self._service()
        body, betas = self._body(fitted), self._betas(fitted.model)
        try:
            return await service.open(body, betas)
        except Unreached:
            return await service.open(body, betas)

    def _betas(self, model: str) -> tuple[str, ...]:
        needed = model.endswith(LONG_CONTEXT) and self._models.capabilities(model).long_context_beta
        return (_LONG_CONTEXT_BETA,) if needed else ()

    async def _ask_for_models(self) -> list[dict[str, Any]]:
        service = await self._service()
        return await service.models()

    async def _service(self) -> Service:
        if self._closed:
            raise Refused(fault_of(Condition.SHUTTING_DOWN))
        try:
            return await asyncio.shield(self._begin())
        except (ImportError, OSError) as error:  # files missing or blocked, the certificates among them
            raise Refused(fault_of(Condition.ENGINE_MISSING)) from error

    def _begin(self) -> asyncio.Task[Service]:
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(_make, self._access), name="direct engine")
        return self._making


def _make(access: Access) -> Service:
    """In a thread: the import takes a second, the certificates a part of one."""
    from app.proxy.engines.direct_api.service import Service  # noqa: PLC0415 - heavy, and not everybody's engine

    return Service(access)


async def _read(answering: Answering) -> AsyncGenerator[StreamEvent, None]:
    """The events of an answer; nothing is awaited between those that arrived together."""
    reader = AnswerReader()
    try:
        async with aclosing(answering.pieces()) as pieces:
            async for piece in pieces:
                for event in reader.read(piece):
                    yield event
                if reader.ended:
                    break
        for event in reader.close():
            yield event
    except Refused as refused:
        if not reader.ended:
            yield Failed(refused.fault)
    finally:
        await answering.close(finished=reader.ended)
