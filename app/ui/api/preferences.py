"""Settings and the web pages that may call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
from quart import Blueprint, Response

from app.core.errors import UsageError
from app.ui.api.json_http import WrongRequest, answer, body_as
from app.ui.desk import Desk

Result = TypeVar("Result")


class _Origin(msgspec.Struct):
    origin: str
    allow: bool


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """/dashboard/settings and /dashboard/origins."""

    @blueprint.get("/dashboard/settings")
    async def settings() -> Response:
        listed = await asyncio.to_thread(_said, desk.preferences.listed)
        return answer({"settings": listed, "waiting": await asyncio.to_thread(_said, desk.preferences.waiting)})

    @blueprint.put("/dashboard/settings")
    async def change_settings() -> Response:
        values = await body_as(dict[str, object])
        return answer(await asyncio.to_thread(_said, lambda: desk.preferences.change(values)))

    @blueprint.get("/dashboard/origins")
    async def origins() -> Response:
        return answer(await asyncio.to_thread(_said, desk.preferences.origins))

    @blueprint.post("/dashboard/origins")
    async def allow_origin() -> Response:
        asked = await body_as(_Origin)
        return answer(
            await asyncio.to_thread(
                _said, lambda: desk.preferences.allow_origin(asked.origin.strip(), allow=asked.allow)
            )
        )


def _said(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except UsageError as error:
        raise WrongRequest(str(error), 400, "setting_refused") from error
