"""The dashboard's files, and the way in: a one-time code that becomes a cookie."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from quart import Blueprint, Response, request

from app.ui.access import COOKIE, DashboardDoor
from app.ui.api.json_http import WrongRequest, body_as
from app.ui.desk import Desk

STATIC = Path(__file__).parent.parent / "static"
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_NO_PAGES = b"<!doctype html><html lang=en><title>Tidegate</title><p>Tidegate is running. Its pages are not installed."


class _Code(msgspec.Struct):
    code: str


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /static/{name}, GET /open, POST /dashboard/session."""

    @blueprint.get("/static/<path:name>")
    async def static_file(name: str) -> Response:
        return await page(name)

    @blueprint.get("/open")
    async def open_by_link() -> Response:
        token = desk.door.enter(request.args.get("code", ""))
        response = Response(b"", 303, {**PAGE_HEADERS, "location": "/" if token else "/#code-used-up"})
        if token:
            _set_cookie(response, token)
        return response

    @blueprint.post("/dashboard/session")
    async def open_by_hand() -> Response:
        asked = await body_as(_Code)
        token = desk.door.enter(_code_in(asked.code))
        if token is None:
            raise WrongRequest(
                "This code has been used or is older than a minute. Get a new one from the tray, or with "
                "`tidegate dashboard`.",
                401,
                "code_refused",
            )
        response = Response(b"", 204)
        _set_cookie(response, token)
        return response


async def page(name: str) -> Response:
    """One of the dashboard's files; raises WrongRequest for what is none."""
    path = STATIC / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES:
        raise WrongRequest("There is no such file.", 404, "not_found")
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        if name not in ("index.html", "code.html"):
            raise WrongRequest("There is no such file.", 404, "not_found") from error
        content = _NO_PAGES
    return Response(content, 200, {**PAGE_HEADERS, "content-type": _TYPES[path.suffix]})


def front_page(door: DashboardDoor) -> Callable[[], Awaitable[Response]]:
    """What a browser gets at `/`: the dashboard, or the page that asks for the code."""

    async def front() -> Response:
        return await page("index.html" if door.admits(request.headers.get("cookie", "")) else "code.html")

    return front


def _set_cookie(response: Response, token: str) -> None:
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/")


def _code_in(given: str) -> str:
    """The code, also when the whole link was pasted."""
    return given.strip().rsplit("code=", 1)[-1]
