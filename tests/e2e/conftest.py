"""The whole program in a process of its own, on either engine, with a scripted model API behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anthropic
import openai
import pytest

from tests.e2e.wire import Wire, clients
from tests.stand_in import StandIn, engine_environment
from tests.tidegate_process import KEY, environment, start

READY = "Tidegate is listening on "
ENGINES = ("agent", "direct")
PAGES = (
    "app://obsidian.md",
    "https://www.typingmind.com",
    "https://web.chatboxai.app",
    "http://localhost:8080",
    "tauri://localhost",
    "http://tauri.localhost",
)
"""Web pages that may call, and apps that are built like one: Obsidian, a page of Open WebUI, Jan."""
CONTAINERS_NAME = "host.docker.internal"


@dataclass(frozen=True)
class Running:
    """A running Tidegate and the official clients that talk to it."""

    engine: str
    address: str
    openai: openai.OpenAI
    anthropic: anthropic.Anthropic
    wire: Wire
    """What came back to the clients."""


@pytest.fixture(scope="package")
def service() -> Iterator[StandIn]:
    """What stands in for Claude; each chat text carries what it is to answer.

    It runs in a thread, beside the clients, so that tests see what reached it.
    """
    stand_in, loop = StandIn(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(stand_in.start(), loop).result(10)
        yield stand_in
        asyncio.run_coroutine_threadsafe(stand_in.close(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="package")
def model_api(service: StandIn) -> str:
    """Its address."""
    return service.url


@pytest.fixture(scope="package")
def tidegates(model_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Running]]:
    """One Tidegate for each engine, for all tests."""
    with ExitStack() as stack:
        yield {
            engine: stack.enter_context(running(engine, model_api, tmp_path_factory.mktemp(engine)))
            for engine in ENGINES
        }


@pytest.fixture(params=ENGINES)
def tidegate(request: pytest.FixtureRequest, tidegates: Mapping[str, Running]) -> Iterator[Running]:
    """Each engine's Tidegate in turn; what the clients got in a test is held against their own types in the end."""
    running = tidegates[request.param]
    running.wire.exchanges.clear()
    yield running
    running.wire.check()


@contextmanager
def running(engine: str, model_api: str, home: Path, **more: str) -> Iterator[Running]:
    """A Tidegate of its own; `more`: variables of its environment."""
    environ = {
        **engine_environment(model_api, home),
        **environment(
            home,
            TIDEGATE_ENGINE=engine,
            TIDEGATE_ACCESS_ALLOWED_ORIGINS=",".join(PAGES),
            TIDEGATE_ACCESS_ALLOWED_HOSTS=CONTAINERS_NAME,
            **more,
        ),
    }
    process = start(environ, "serve")
    assert process.stdout
    try:
        address = process.stdout.readline().strip().removeprefix(READY)
        with Wire() as wire:
            yield Running(engine, address, *clients(address, KEY, wire), wire)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
