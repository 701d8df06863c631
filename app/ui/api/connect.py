"""The cards of the chat apps, and their tests."""

from __future__ import annotations

import asyncio

from quart import Blueprint, Response

from app.ui.api.json_http import WrongRequest, answer, body_as
from app.ui.apps import App, Place, catalogue, shown
from app.ui.desk import Desk
from app.ui.trial import tried

_MODEL_UNKNOWN = "default"
"""Tidegate's own name for whatever model comes first."""


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /dashboard/connect, POST /dashboard/connect/{id}/test."""

    @blueprint.get("/dashboard/connect")
    async def cards() -> Response:
        return answer({"apps": [shown(app) for app in await _apps(desk)]})

    @blueprint.post("/dashboard/connect/<name>/test")
    async def test(name: str) -> Response:
        await body_as(dict)
        for app in await _apps(desk):
            if app.id == name and app.asks:
                address, key = desk.commands.status().address, desk.commands.key()
                return answer(await asyncio.to_thread(tried, app, address, key))
        raise WrongRequest("There is no test for this app.", 404, "not_found")


async def _apps(desk: Desk) -> tuple[App, ...]:
    models = await desk.models()
    return catalogue(Place(desk.commands.status().address, models[0].id if models else _MODEL_UNKNOWN))
