"""A running Tidegate with a scripted engine, and its dashboard as a browser would ask for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import bootstrap
from app.beside import Lasting
from app.core.paths import Paths
from app.core.secrets import Secrets
from app.core.settings import HistorySettings, ServerSettings, Settings
from app.proxy.neutral.stream import (
    BlockStarted,
    BlockStopped,
    Finished,
    Started,
    StopReason,
    TextBlock,
    TextDelta,
    Usage,
    UsageReported,
)
from tests.core.test_secrets import Drawer
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step, accepted

KEY = "tg-test-key"
ANSWER: tuple[Step, ...] = (
    Started(SCRIPTED_MODEL.id),
    BlockStarted(TextBlock()),
    TextDelta("yes"),
    BlockStopped(),
    UsageReported(Usage(10, 5, cost_usd=0.5)),
    Finished(StopReason.END_TURN),
)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Knows the address, and the cookie once it has one; every value is sent as it stands."""

    app: bootstrap.App
    drawer: Drawer
    engine: ScriptedEngine
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        with closing(http.client.HTTPConnection(self.app.address.removeprefix("http://"), timeout=30)) as connection:
            connection.request(method, path, *self._sent(method, body, headers))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def post(self, path: str, body: object = None) -> Any:
        answer = self.ask("POST", path, {} if body is None else body)
        assert answer.status in (200, 201), answer.body
        return answer.json

    def open(self) -> None:
        """Come in by a one-time link."""
        answer = self.ask("GET", self.app.commands.dashboard_link().removeprefix(self.app.address))
        assert answer.status == 303
        self.cookie = answer.headers["set-cookie"].split(";")[0]

    def chat(self, model: str = "claude-scripted-1", **more: Any) -> Answer:
        """A request of an app, with the app's key."""
        body = {"model": model, "messages": [{"role": "user", "content": "a secret question"}], **more}
        return self.ask("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {KEY}"})

    @contextmanager
    def events(self) -> Iterator[http.client.HTTPResponse]:
        """The stream of events, from its beginning."""
        with closing(http.client.HTTPConnection(self.app.address.removeprefix("http://"), timeout=30)) as connection:
            connection.request("GET", "/events", *self._sent("GET", None, None))
            yield connection.getresponse()

    def _sent(
        self, method: str, body: object, headers: Mapping[str, str] | None
    ) -> tuple[bytes | None, dict[str, str]]:
        sent = {**self.headers, **(headers or {})}
        if method not in ("GET", "DELETE"):
            sent.setdefault("Content-Type", "application/json")
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
        return None if body is None else json.dumps(body).encode(), sent


@contextmanager
def browsing(
    home: Path,
    *steps: Step,
    settings: Settings | None = None,
    environ: Mapping[str, str] | None = None,
    lasting: Lasting | None = None,
    engine: ScriptedEngine | None = None,
) -> Iterator[Browser]:
    """Serve until the block ends; `steps`: what the engine says after it has taken a turn."""
    engine = engine or ScriptedEngine(accepted(*(steps or ANSWER)))
    drawer = Drawer()
    app = bootstrap.build(
        settings or Settings(server=ServerSettings(port=0, drain_seconds=0.5), history=HistorySettings()),
        {"TIDEGATE_API_KEY": KEY} if environ is None else environ,
        paths=Paths(home),
        secrets=Secrets(drawer),
        engine=engine,
        lasting=lasting,
    )
    app.runtime.start()
    try:
        yield Browser(app, drawer, engine)
    finally:
        app.runtime.stop()
        assert app.runtime.wait() == 0
