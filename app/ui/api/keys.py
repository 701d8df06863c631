"""Keys: the one every app may use, those for single apps, and the API key for Claude, of which only the end shows."""

from __future__ import annotations

import asyncio

import msgspec
from quart import Blueprint, Response

from app.core.errors import UsageError
from app.ui.api.json_http import WrongRequest, answer, body_as
from app.ui.desk import Desk


class _Name(msgspec.Struct):
    name: str


class _Key(msgspec.Struct):
    key: str


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """/dashboard/keys, /dashboard/key/new and /dashboard/api-key."""
    _app_key_routes(blueprint, desk)

    @blueprint.post("/dashboard/key/new")
    async def new_key() -> Response:
        await body_as(dict)
        try:
            return answer({"key": await asyncio.to_thread(desk.preferences.new_key)})
        except UsageError as error:
            raise WrongRequest(str(error), 409, "key_is_fixed") from error

    @blueprint.post("/dashboard/api-key")
    async def use_api_key() -> Response:
        asked = await body_as(_Key)
        outcome = await asyncio.to_thread(desk.account.use_api_key, asked.key.strip())
        return answer(outcome, 200 if outcome.ok else 422)

    @blueprint.delete("/dashboard/api-key")
    async def forget_api_key() -> Response:
        return answer(await asyncio.to_thread(desk.account.forget_api_key))


def _app_key_routes(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/dashboard/keys")
    async def key_list() -> Response:
        listed = await asyncio.to_thread(desk.keys.listed)
        shown = [
            {"name": key.name, "last_four": key.last_four, "created": key.created, "last_used": key.last_used}
            for key in listed
        ]
        return answer({"keys": shown})

    @blueprint.post("/dashboard/keys")
    async def add_key() -> Response:
        asked = await body_as(_Name)
        try:
            value = await asyncio.to_thread(desk.keys.add, asked.name)
        except UsageError as error:
            raise WrongRequest(str(error)) from error
        return answer({"name": " ".join(asked.name.split()), "key": value}, 201)

    @blueprint.delete("/dashboard/keys/<name>")
    async def remove_key(name: str) -> Response:
        try:
            there = await asyncio.to_thread(desk.keys.remove, name)
        except UsageError as error:
            raise WrongRequest(str(error)) from error
        if not there:
            raise WrongRequest("There is no such key any more.", 404, "not_found")
        return answer({"deleted": True, "name": name})
