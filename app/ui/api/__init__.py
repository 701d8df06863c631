"""Every route of the dashboard, each group in a file of its own. The only place where the dashboard meets HTTP."""

from __future__ import annotations

from quart import Blueprint, Response

from app.ui.api import (
    commands,
    connect,
    conversations,
    events,
    exchanges,
    keys,
    logs,
    overview,
    pages,
    preferences,
    sign_in,
)
from app.ui.api.json_http import WrongRequest, refusal
from app.ui.desk import Desk

GUARDED_PATHS = ("/dashboard", "/events", "/auth", "/static", "/open")
"""With everything below them: behind the dashboard's own secret …"""
OPEN_PATHS = ("/static", "/open", "/dashboard/session")
"""… but for those, which lead to it."""
CONTROL_PATHS = ("/control",)
CLOSED_SENTENCE = (
    "The dashboard is closed to this browser. Open it from Tidegate's tray icon, or with `tidegate dashboard`."
)


def routes(desk: Desk) -> Blueprint:
    """The blueprint; who may call it is decided before its views run."""
    blueprint = Blueprint("dashboard", __name__)
    for group in (
        commands,
        connect,
        conversations,
        events,
        exchanges,
        keys,
        logs,
        overview,
        pages,
        preferences,
        sign_in,
    ):
        group.add_routes(blueprint, desk)

    @blueprint.errorhandler(WrongRequest)
    async def wrong(error: WrongRequest) -> Response:
        return refusal(error)

    return blueprint
