"""Responses kept for as long as a session: continued by id, shown and deleted by id, off with `store: false`."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec import Struct

from app.core.conditions import Condition
from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.dialects.openai_responses.output import response_id, whole_response
from app.proxy.dialects.openai_responses.reasoning import response_id_of
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import Finished, StreamEvent
from app.proxy.neutral.turn import AssistantMessage, Message
from app.proxy.session_file import StoreUnavailable
from app.proxy.session_store import StoredResponse
from app.proxy.sessions import Sessions

log = logging.getLogger(__name__)

_REFERRING = (b"previous_response_id", b"item_reference", b'"reasoning"')


class _Reference(Struct):
    id: Any = None
    type: Any = None


class _References(Struct):
    """The few members that say which stored responses a request needs."""

    previous_response_id: str | None = None
    input: str | list[_Reference] | None = None


class Shelf:
    """Where responses stand, each for its own app; without sessions it is always empty. `clock`: Unix seconds.

    `app`, everywhere: the name of the key that the app has for Tidegate.
    """

    def __init__(self, sessions: Sessions | None, *, clock: Callable[[], float] = time.time) -> None:
        self._sessions = sessions
        self._clock = clock

    async def referred_to(self, app: str, body: bytes) -> dict[str, StoredResponse]:
        """The stored responses that a request goes on from; raises Refused for a body that can't be read."""
        if self._sessions is None or not any(word in body for word in _REFERRING):
            return {}
        asked = decode_json(body, _References)
        ids = {asked.previous_response_id}
        for item in asked.input if isinstance(asked.input, list) else ():
            if item.type in ("item_reference", "reasoning") and isinstance(item.id, str):
                ids.add(response_id_of(item.id))
        found = [await self.response(app, id_) for id_ in ids if id_]
        return {response.id: response for response in found if response}

    async def keeping(
        self, app: str, asked: ResponsesAsked, events: AsyncGenerator[StreamEvent, None], request_id: str
    ) -> AsyncGenerator[StreamEvent, None]:
        """Pass the events of an answer on; it is stored before its end is told."""
        builder = ReplyBuilder()
        async with aclosing(events):
            async for event in events:
                builder.add(event)
                if isinstance(event, Finished) and isinstance(reply := builder.result(), Reply):
                    await self._keep(app, asked, reply, request_id)
                yield event

    async def response(self, app: str, id_: str) -> StoredResponse | None:
        """None when it never was here or is no longer; raises Refused when the store can't be read."""
        if self._sessions is None:
            return None
        try:
            found = await self._sessions.store.response(app, id_)
        except StoreUnavailable as error:
            raise _unreadable(error) from error
        return found if found and found.used >= self._clock() - self._sessions.ttl_seconds else None

    async def delete(self, app: str, id_: str) -> bool:
        """False when there is none."""
        if self._sessions is None:
            return False
        try:
            return await self._sessions.store.delete_response(app, id_)
        except StoreUnavailable as error:
            raise _unreadable(error) from error

    async def _keep(self, app: str, asked: ResponsesAsked, reply: Reply, request_id: str) -> None:
        sessions = self._sessions
        if sessions is None or not asked.stores:
            return
        answer = (AssistantMessage(reply.content),) if reply.content else ()
        messages: tuple[Message, ...] = (*asked.turn.messages, *answer)
        try:
            if asked.turn.session_key and (session := await sessions.store.session(app, asked.turn.session_key)):
                messages = session.messages  # the app may have sent only the tail of it
            await sessions.store.save_response(
                StoredResponse(
                    app=app,
                    id=response_id(request_id),
                    body=whole_response(asked, reply, request_id),
                    input=_input_items(asked, request_id),
                    messages=messages,
                    system=asked.kept_system,
                    used=self._clock(),
                )
            )
            await sessions.sweep_when_due()
        except StoreUnavailable:
            log.exception("a response could not be stored; it can't be continued by its id")


def _input_items(asked: ResponsesAsked, request_id: str) -> bytes:
    """What the app sent, each item with an id and a type."""
    sent: Any = msgspec.json.decode(asked.body).get("input")
    if isinstance(sent, str):
        sent = [{"role": "user", "content": [{"type": "input_text", "text": sent}]}]
    items = [
        {**item, "id": item.get("id") or f"in_{request_id}_{index}", "type": item.get("type") or "message"}
        for index, item in enumerate(sent or ())
    ]
    for item in items:
        if isinstance(item.get("content"), str):
            kind = "output_text" if item.get("role") == "assistant" else "input_text"
            item["content"] = [{"type": kind, "text": item["content"]}]
        if item["type"] != "reasoning":
            item.setdefault("status", "completed")
    return json_bytes(items)


def _unreadable(error: StoreUnavailable) -> Refused:
    log.error("stored responses can't be read: %s", error)
    condition = Condition.INTERNAL_ERROR
    return Refused(Fault(FaultKind.INTERNAL, condition.sentence, condition.code, retryable=False))
