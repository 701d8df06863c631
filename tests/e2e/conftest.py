"""The whole program in a process of its own, on either engine, with a scripted model API behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anthropic
import openai
import pytest

from tests.stand_in import engine_environment
from tests.tidegate_process import KEY, ROOT, environment, start

READY = "Tidegate is listening on "


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


@pytest.fixture(scope="package", params=["agent", "direct"])
def tidegate(
    request: pytest.FixtureRequest, model_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One Tidegate for all tests of an engine."""
    home: Path = tmp_path_factory.mktemp(request.param)
    environ = {**engine_environment(model_api, home), **environment(home, TIDEGATE_ENGINE=request.param)}
    process = start(environ, "serve")
    assert process.stdout
    try:
        address = process.stdout.readline().strip().removeprefix(READY)
        yield Running(
            request.param,
            address,
            openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0),
            anthropic.Anthropic(base_url=address, api_key=KEY, max_retries=0),
        )
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
