"""The log's line about an exchange: who asked for what and how it ended, and nothing that was said."""

from __future__ import annotations

import logging

import pytest

from app.core.bus import Bus
from app.core.events import Event, Outcome, ServerStarted
from app.core.exchange_log import log_exchanges
from tests.core.exchange_events import ended, started


def lines(caplog: pytest.LogCaptureFixture, *events: Event) -> list[str]:
    bus = Bus()
    log_exchanges(bus)
    with caplog.at_level(logging.INFO, logger="app.core.exchange_log"):
        for event in events:
            bus.publish(event)
    return caplog.messages


def test_an_exchange_is_one_line(caplog: pytest.LogCaptureFixture):
    [line] = lines(caplog, started(session_key="a private name"), ended())
    assert line == (
        "r1 /v1/messages app=Chatbox model=sonnet served=claude-sonnet-5 stream=yes: ok (end_turn) in 1.50 s, "
        "first token 0.50 s, tokens 10 in 5 out"
    )


def test_a_failure_says_which(caplog: pytest.LogCaptureFixture):
    refused = ended(outcome=Outcome.FAILED, detail="plan_limit", served_model=None, first_token_seconds=None)
    [line] = lines(caplog, started(), refused)
    assert "served=none stream=yes: error (plan_limit) in 1.50 s, first token none" in line


def test_an_end_without_a_beginning_is_told_too(caplog: pytest.LogCaptureFixture):
    [line] = lines(caplog, ended("unknown"))
    assert line.startswith("unknown ? app=? model=? served=claude-sonnet-5 stream=no: ok")


def test_what_an_app_may_choose_freely_is_cut(caplog: pytest.LogCaptureFixture):
    [line] = lines(caplog, started(model="m" * 10_000), ended())
    assert f"model={'m' * 79}… served" in line


def test_the_start_of_the_server_is_told(caplog: pytest.LogCaptureFixture):
    assert lines(caplog, ServerStarted("http://127.0.0.1:3456", "agent")) == [
        "listening on http://127.0.0.1:3456, engine agent"
    ]
