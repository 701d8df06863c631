"""A chat app as the server sees it: requests byte for byte as the app makes them, with no client library between."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.conftest import Running
from tests.stand_in.answer import Script, wanting
from tests.tidegate_process import KEY

MODEL = "claude-opus-5-5"
OLDER = "claude-sonnet-4-5"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DATA_URL = f"data:image/png;base64,{PNG}"
BEARER = {"Authorization": f"Bearer {KEY}"}
ANTHROPIC = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
AS_A_PAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
"""Of an Electron app that has switched its web security off: no origin, and yet another site. Seen in Chromium."""
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather at a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def chunks(self) -> list[Any]:
        """The chunks of a stream in OpenAI's shape, which must end as it has to."""
        assert (self.status, self.headers["content-type"]) == (200, "text/event-stream"), self.body
        data = [line[6:] for line in self.body.decode().splitlines() if line.startswith("data: ")]
        assert data.pop() == "[DONE]"
        return [json.loads(line) for line in data]

    @property
    def text(self) -> str:
        """The words of a stream or of a whole answer, in OpenAI's shape."""
        if self.headers["content-type"] == "application/json":
            return str(self.json["choices"][0]["message"]["content"])
        return "".join(delta.get("content") or "" for delta in self.deltas)

    @property
    def deltas(self) -> list[Any]:
        return [chunk["choices"][0]["delta"] for chunk in self.chunks if chunk["choices"]]

    @property
    def events(self) -> list[Any]:
        """The events of a stream with names: Anthropic's, and OpenAI's responses."""
        assert self.status == 200, self.body
        return [json.loads(line[6:]) for line in self.body.decode().splitlines() if line.startswith("data: {")]


class App:
    """One app; each request is a connection of its own."""

    def __init__(self, tidegate: Running, headers: dict[str, str] = BEARER) -> None:
        self._host = urlsplit(tidegate.address).netloc
        self.port = urlsplit(tidegate.address).port
        self._headers = headers

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`headers`: more of them, with _ for -."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        sent = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def knock_with_tls(self) -> None:
        """As an app does that was given an address without http:// in front; raises what it then shows."""
        connection = http.client.HTTPSConnection(self._host, timeout=10)
        try:
            connection.request("GET", "/v1/models")
        finally:
            connection.close()

    def preflight(self, path: str = "/v1/chat/completions", asked: str = "authorization,content-type") -> Answer:
        """What a browser asks first; `asked`: the headers the page wants to send."""
        more = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": asked}
        return self.send("OPTIONS", path, **more)

    def chat(self, path: str = "/v1/chat/completions", /, **body: Any) -> Answer:
        return self.send("POST", path, body)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)


def says(text: str = "Hello", script: Script | None = None, **more: Any) -> dict[str, Any]:
    """A user message; the script is what the model is to answer."""
    return {"role": "user", "content": wanting(script, text) if script else text, **more}
