"""More requests than may run at once: some wait and are kept alive, the rest are told when to come back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.e2e.apps import ANTHROPIC, BEARER, MODEL, App, says
from tests.e2e.conftest import Running, running
from tests.stand_in.answer import Stall, say

STALLED = say("One", " two", end=Stall(1))


@pytest.fixture(scope="module")
def narrow(model_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One answer at a time; two may wait, for as long as one heartbeat and a bit."""
    limits = {"CONCURRENCY": "1", "QUEUE_LENGTH": "2", "QUEUE_SECONDS": "11", "SPARES": "0"}
    with running(
        "agent",
        model_api,
        Path(tmp_path_factory.mktemp("narrow")),
        **{f"TIDEGATE_ENGINE_{name}": value for name, value in limits.items()},
    ) as tidegate:
        yield tidegate


@pytest.fixture
def occupied(narrow: Running) -> Iterator[Running]:
    """Its one place is taken by an answer that goes on and on."""
    body = {"model": MODEL, "messages": [says(script=STALLED)], "stream": True}
    with httpx2.stream(
        "POST", f"{narrow.address}/v1/chat/completions", json=body, headers=BEARER, timeout=60
    ) as answer:
        lines = answer.iter_lines()
        while "One" not in next(lines):
            pass
        yield narrow


def test_who_waits_hears_heartbeats_and_then_the_truth_and_who_finds_no_room_is_told_at_once(occupied: Running):
    app, native = App(occupied), App(occupied, ANTHROPIC)
    with ThreadPoolExecutor() as threads:
        streamed = threads.submit(lambda: app.chat(model=MODEL, messages=[says()], stream=True))
        whole = threads.submit(lambda: app.chat(model=MODEL, messages=[says()]))
        while App(occupied).get("/health").json["running"] < 3:
            pass

        for streaming in (True, False):
            refused = app.chat(model=MODEL, messages=[says()], stream=streaming)
            assert (refused.status, refused.error["code"]) == (429, "queue_full")
            assert (refused.headers["retry-after"], refused.headers.get("x-should-retry")) == ("5", None)
            assert refused.headers["content-type"] == "application/json"
            body = {"model": MODEL, "max_tokens": 9_000, "messages": [says()], "stream": streaming}
            refused = native.send("POST", "/v1/messages", body)
            assert (refused.status, refused.error["type"]) == (429, "rate_limit_error")
            assert refused.headers["retry-after"] == "5"

    assert (whole.result().status, whole.result().headers["retry-after"]) == (429, "5")
    heard = streamed.result()
    assert heard.status == 200  # a heartbeat had to be sent, and with it the status
    *beats, error = [part for part in heard.body.decode().split("\n\n") if part]
    assert any(beat.startswith(":") for beat in beats)
    assert json.loads(error.removeprefix("data: "))["error"]["code"] == "queue_full"
    assert b"[DONE]" not in heard.body


def test_when_the_place_comes_free_the_next_is_served(narrow: Running):
    served: list[str] = []
    threads = [
        threading.Thread(
            target=lambda number=number: served.append(
                App(narrow).chat(model=MODEL, messages=[says(f"n{number}")]).text
            )
        )
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(served) == [f"Echo: n{number}" for number in range(3)]
