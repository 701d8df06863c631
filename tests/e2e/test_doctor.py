"""The doctor, about what only the running program has seen."""

from __future__ import annotations

import email.utils
import json
import time
from pathlib import Path

import anthropic
import pytest

from tests.e2e.conftest import running
from tests.stand_in.answer import Refusal, say, wanting
from tests.tidegate_process import environment, run

HOUR = 3_600.0


def clock(home: Path) -> tuple[str, str]:
    """What it finds about that."""
    [found] = [
        each for each in json.loads(run(environment(home), "doctor", "--json").stdout) if each["about"] == "clock"
    ]
    return found["verdict"], found["sentence"]


def test_the_clock_is_compared_with_the_services(model_api: str, tmp_path: Path):
    def at(seconds: float) -> tuple[tuple[str, str], ...]:
        return (("date", email.utils.formatdate(time.time() + seconds, usegmt=True)),)

    with running("direct", model_api, tmp_path) as tidegate:

        def ask(text: str) -> None:
            tidegate.anthropic.messages.create(
                model="claude-sonnet-5-5", max_tokens=50, messages=[{"role": "user", "content": text}]
            )

        assert clock(tmp_path)[0] == "good"
        ask(wanting(say("Hello", headers=at(0)), "Hi"))
        assert "as the service has it too" in clock(tmp_path)[1]
        with pytest.raises(anthropic.RateLimitError):
            ask(wanting(Refusal(429, "limit", headers=at(-2 * HOUR)), "Hi"))
        assert clock(tmp_path) == (
            "bad",
            "The computer's clock is 120 minutes ahead of the time that came with the last answer.",
        )
        ask(wanting(say("Hello", headers=at(HOUR)), "Hi"))
        assert (
            clock(tmp_path)[1] == "The computer's clock is 60 minutes behind the time that came with the last answer."
        )
