"""The description of all addresses: complete, sound, true to what is decoded, and nothing in it leads to a failure."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from jsonschema import Draft202012Validator
from schemathesis.core.result import Ok

from app.proxy.session_store import SessionStore
from tests.proxy.live import KEY, saying, serving

JSON = dict[str, Any]
REQUESTS_WANTED = 2_000
NOT_FOR_APPS = "For Tidegate's own pages."
WITH_A_BODY, WITH_A_NAME, WITH_NOTHING = 75, 20, 1
"""Cases for each operation, by what there is to vary. Making a body takes most of the time, sending it next to none."""
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
FILLED_IN: dict[str, JSON] = {
    "/v1/chat/completions": HELLO,
    "/v1/messages": HELLO,
    "/v1/messages/count_tokens": HELLO,
    "/v1/responses": {"input": "Hello", "previous_response_id": None},
}
"""What makes most bodies answerable: each is sent as it was made, and again with this, so that all else is tried."""
STREAMED = {"stream": True}


async def described(tmp_path: Path, *, ollama: bool = True) -> tuple[JSON, set[tuple[str, str]]]:
    """The description, and the route table beside it."""
    async with serving(ollama=ollama, store=SessionStore(tmp_path / "x.db")) as live:
        answer = await live.request("GET", "/openapi.json")
        table = {
            (rule.rule, method.lower())
            for rule in live.application.routes.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
    assert answer.status == 200
    return answer.json, table


@pytest.mark.parametrize("ollama", [False, True])
async def test_the_description_has_what_the_route_table_has(tmp_path: Path, ollama: bool):
    document, table = await described(tmp_path, ollama=ollama)
    told = {(path, method) for path, operations in document["paths"].items() for method in operations}

    plain = {(path.replace("<path:", "{").replace("<", "{").replace(">", "}"), method) for path, method in table}
    assert told == plain
    assert (("/api/chat", "post") in told) is ollama


async def test_every_address_for_apps_is_described_and_has_an_id_of_its_own(tmp_path: Path):
    document, _ = await described(tmp_path)
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    assert {
        operation["summary"] for operation in operations if operation["summary"] == "For Tidegate's own pages."
    } == set()
    assert Counter(operation["operationId"] for operation in operations).most_common(1)[0][1] == 1


async def test_every_reference_leads_somewhere_and_every_schema_is_sound(tmp_path: Path):
    document, _ = await described(tmp_path)
    schemas = document["components"]["schemas"]
    references = {value for key, value in walked(document) if key == "$ref"}

    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def walked(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walked(inner)


@pytest.mark.parametrize(
    ("path", "body", "fits"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "stop": ["a"], "odd": 1}, True),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": 1}]}, False),
        ("/v1/messages", {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, True),
        ("/v1/messages", {"messages": "x"}, False),
        ("/v1/messages", {"messages": []}, False),
        ("/v1/messages", {}, False),
        ("/v1/responses", {"previous_response_id": "resp_1"}, True),
        ("/v1/responses", {"model": "opus"}, False),
        ("/v1/responses", {"input": "x"}, True),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": ["x"]}]}, True),
    ],
)
async def test_the_schemas_say_what_is_decoded(tmp_path: Path, path: str, body: JSON, fits: bool):
    document, _ = await described(tmp_path)
    reference = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert Draft202012Validator({**reference, "components": document["components"]}).is_valid(body) is fits


class Served:
    """A server in a thread of its own, because the requests are made from outside asyncio."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self.port = 0

    async def _serve(self) -> None:
        async with serving(saying("Hel", "lo"), ollama=True, store=SessionStore(self._path)) as live:
            self.port = live.port
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()


@pytest.mark.timeout(600)
def test_thousands_of_requests_made_of_the_description_get_an_answer_and_never_a_failure(tmp_path: Path):
    with Served(tmp_path / "x.db") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/openapi.json", headers={"Authorization": f"Bearer {KEY}"})
        document = json.loads(connection.getresponse().read())
        connection.close()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=f"http://127.0.0.1:{server.port}")
        statuses: Counter[int] = Counter()
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            tried(found.ok(), statuses)
    assert {status: count for status, count in statuses.items() if status >= 500} == {}
    assert statuses.total() >= REQUESTS_WANTED


def tried(operation: Any, statuses: Counter[int]) -> None:
    """Ask with bodies and parameters made of the operation's schemas, and count what came."""
    filled_in = FILLED_IN.get(operation.path, {})
    changes: tuple[JSON, ...] = ({}, STREAMED, filled_in, filled_in | STREAMED) if operation.body else ()
    varied = WITH_A_BODY if operation.body else WITH_A_NAME if operation.path_parameters else WITH_NOTHING
    answered = Counter[int]()

    def ask(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {KEY}"}, timeout=20)
        answered[answer.status_code] += 1
        assert answer.status_code < 500, (case.body, answer.content)

    @hypothesis.settings(
        max_examples=varied,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(operation.as_strategy())
    def one(case: Any) -> None:
        if not changes:
            ask(case)
        made = case.body
        for change in changes:
            case.body = made | change
            ask(case)

    one()
    assert not filled_in or answered[200] > varied // 2, f"too few answers at {operation.path}: {answered}"
    statuses.update(answered)
