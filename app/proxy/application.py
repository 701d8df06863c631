"""Builds the application: dialects and system routes in Quart, the guard and one spelling per path in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import msgspec
from quart import Blueprint, Quart, Response, g, request

from app.core.bus import Bus
from app.proxy import system_routes
from app.proxy.access import Guard
from app.proxy.admission import AccessRules
from app.proxy.asgi import AsgiApp, Receive, Scope, Send
from app.proxy.dialects.anthropic_messages import AnthropicMessages
from app.proxy.dialects.anthropic_messages.routes import routes as anthropic_messages
from app.proxy.dialects.ollama import Ollama
from app.proxy.dialects.ollama.routes import PREFIX as OLLAMA_PREFIX
from app.proxy.dialects.ollama.routes import routes as ollama_routes
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.openai_chat.routes import routes as openai_chat
from app.proxy.dialects.openai_responses.routes import routes as openai_responses
from app.proxy.failures import answer_failures
from app.proxy.neutral.fault import Fault
from app.proxy.openapi import Route, document
from app.proxy.paths import PathFolding
from app.proxy.pipeline import Pipeline
from app.proxy.session_routes import routes as session_routes
from app.proxy.sessions import Sessions
from app.proxy.system_routes import FrontPage, Health

BODY_BYTES_LIMIT = 32 * 1024 * 1024
BODY_SECONDS = 30.0
_ANTHROPIC_PATH = "/v1/messages"


class Application:
    """The ASGI application; `routes` is for whoever wants to know what it serves."""

    def __init__(self, quart: Quart, guard: Guard, outermost: AsgiApp) -> None:
        self.routes = quart.url_map
        self.guard = guard
        self._outermost = outermost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._outermost(scope, receive, send)


def create_application(
    *,
    pipeline: Pipeline,
    access: AccessRules,
    bus: Bus,
    health: Health,
    sessions: Sessions | None = None,
    extra_blueprints: Sequence[Blueprint] = (),
    ollama: bool = False,
    front_page: FrontPage | None = None,
    body_bytes_limit: int = BODY_BYTES_LIMIT,
    body_seconds: float = BODY_SECONDS,
) -> Application:
    """Everything that answers HTTP, ready to serve. `body_seconds`: how long a request's body may take to arrive.

    `sessions`: the same as the pipeline's; None stores nothing that apps could continue by key or id.

    `ollama`: serve Ollama's addresses too; else they are as unknown as any other.

    `front_page`: what browsers get at `/`; programs get a greeting either way.
    """
    quart = _quart(body_bytes_limit, body_seconds)
    for blueprint in (
        openai_chat(pipeline),
        openai_responses(pipeline, sessions),
        anthropic_messages(pipeline),
        system_routes.routes(pipeline, health, front_page),
        *([ollama_routes(pipeline)] if ollama else []),
        *([session_routes(sessions)] if sessions else []),
        *extra_blueprints,
    ):
        quart.register_blueprint(blueprint)
    render = partial(render_fault, ollama=ollama)
    answer_failures(quart, render)

    @quart.get("/openapi.json")
    async def description() -> Response:
        found = document(_routes(quart), version=health.version, address=health.address)
        return Response(msgspec.json.encode(found), 200, content_type="application/json")

    @quart.before_request
    async def name_the_caller() -> None:
        state = request.scope["state"]
        g.request_id, g.key_name = state["request_id"], state["key_name"]

    guarded = Guard(cast("AsgiApp", quart), access, bus, render)  # Quart spells ASGI in Hypercorn's classes
    return Application(quart, guarded, PathFolding(guarded, [rule.rule for rule in quart.url_map.iter_rules()]))


def render_fault(
    path: str, headers: Mapping[str, str], fault: Fault, request_id: str, *, ollama: bool = False
) -> bytes:
    """The fault in the shape its caller reads: Anthropic's on its paths and for its clients, OpenAI's elsewhere."""
    if ollama and path.startswith(OLLAMA_PREFIX):
        return Ollama().fault(fault, request_id)
    anthropic = path == _ANTHROPIC_PATH or path.startswith(_ANTHROPIC_PATH + "/") or "anthropic-version" in headers
    return (AnthropicMessages() if anthropic else OpenAIChat()).fault(fault, request_id)


def _routes(quart: Quart) -> list[Route]:
    """The table without what the framework adds to every GET."""
    return [
        Route(rule.rule, method, rule.endpoint.rpartition(".")[0] or "system")
        for rule in quart.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def _quart(body_bytes_limit: int, body_seconds: float) -> Quart:
    quart = Quart(__name__, static_folder=None, template_folder=None)
    quart.debug = False  # whatever the environment says: its error pages show code
    quart.config.update(
        MAX_CONTENT_LENGTH=body_bytes_limit,
        BODY_TIMEOUT=body_seconds,
        RESPONSE_TIMEOUT=None,  # the default of 60 s cuts streams without an error
        PROPAGATE_EXCEPTIONS=False,
    )
    quart.url_map.strict_slashes = False  # a redirect to the spelling that `paths` folds away would never end
    return quart
