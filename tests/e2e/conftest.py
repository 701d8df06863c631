"""The whole program in a process of its own, on either engine, with a scripted model API behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anthropic
import openai
import pytest

from tests.stand_in import engine_environment
from tests.tidegate_process import KEY, ROOT, environment, start

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


@pytest.fixture(scope="package")
def model_api() -> Iterator[str]:
    """The address of a stand-in in its own process; each chat text carries what it is to answer."""
    command = [sys.executable, "-m", "tests.stand_in", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=10)


@pytest.fixture(scope="package")
def tidegates(model_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Running]]:
    """One Tidegate for each engine, for all tests."""
    with ExitStack() as stack:
        yield {
            engine: stack.enter_context(running(engine, model_api, tmp_path_factory.mktemp(engine)))
            for engine in ENGINES
        }


@pytest.fixture(params=ENGINES)
def tidegate(request: pytest.FixtureRequest, tidegates: Mapping[str, Running]) -> Running:
    """Each engine's Tidegate in turn."""
    return tidegates[request.param]


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
        yield Running(
            engine,
            address,
            openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0),
            anthropic.Anthropic(base_url=address, api_key=KEY, max_retries=0),
        )
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
