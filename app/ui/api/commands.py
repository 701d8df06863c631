"""Buttons of the dashboard, and the same commands for the command line, each behind its own secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from quart import Blueprint, Response

from app.core.commands import Commands, Outcome
from app.ui.api.json_http import WrongRequest, answer, body_as
from app.ui.desk import Desk


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """POST /dashboard/commands/{name}; POST and GET /control/…"""

    @blueprint.post("/dashboard/commands/<name>")
    async def command(name: str) -> Response:
        return answer(await _done(desk.commands, name, await body_as(dict[str, object])))

    @blueprint.post("/control/<name>")
    async def control(name: str) -> Response:
        asked = await body_as(dict[str, object])
        if name == "dashboard":
            return answer({"ok": True, "sentence": "", "link": desk.commands.dashboard_link()})
        if name == "show":
            return answer(await _shown(desk, asked))
        if name == "status":
            return answer({"ok": True, "sentence": desk.commands.status().sentence, "status": desk.commands.status()})
        if name == "sign_in":
            page = await asyncio.to_thread(desk.commands.sign_in)
            return answer({"ok": page.url is not None, "sentence": page.sentence, "url": page.url})
        return answer(await _done(desk.commands, name, asked))


async def _shown(desk: Desk, asked: dict[str, object]) -> Outcome:
    """A second start of the desktop program shows the window of the first."""
    if desk.stopping.is_set():
        raise WrongRequest("Tidegate is closing or restarting. Try again in a moment.", 503, "closing")
    if desk.show_window is None:
        return Outcome(ok=False, sentence="This Tidegate has no window.")
    return await asyncio.to_thread(desk.show_window, str(asked.get("page", "")))


async def _done(commands: Commands, name: str, asked: dict[str, object]) -> Outcome:
    plain: dict[str, Callable[[], Outcome]] = {
        "restart": commands.restart,
        "pause": commands.pause,
        "resume": commands.resume,
        "quit": commands.quit,
        "refresh": commands.refresh_sign_in,
        "cancel_sign_in": commands.cancel_sign_in,
        "sign_out": commands.sign_out,
        "probe": commands.probe,
        "look_for_update": commands.look_for_update,
        "skip_update": commands.skip_update,
    }
    if name in plain:
        return await asyncio.to_thread(plain[name])
    match name, asked:
        case "autostart", {"on": bool(on)}:
            return await asyncio.to_thread(lambda: commands.set_autostart(on=on))
        case "code", {"code": str(code)}:
            return await asyncio.to_thread(commands.submit_code, code)
        case "autostart" | "code", _:
            raise WrongRequest("The request's JSON is not what this command takes.")
        case _:
            raise WrongRequest(f"There is no command {name[:40]!r}.", 404, "not_found")
