"""When Tidegate may be reached by more than the apps of this computer, and what is said then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app import bootstrap
from app.core.environment import Method
from app.core.errors import UsageError
from app.core.paths import Paths
from app.core.settings_layers import Given
from app.exposure import notices, refuse_unsafe
from tests.ui.dashboard import browsing

SHARED = {Method.API_KEY, Method.KEPT_KEY, Method.BEDROCK, Method.VERTEX, Method.FOUNDRY}


@pytest.mark.parametrize("method", Method)
def test_only_an_api_key_or_a_cloud_may_serve_other_machines(method: Method):
    if method in SHARED:
        refuse_unsafe("0.0.0.0", method, any_key=False)
        return
    with pytest.raises(UsageError, match="only with an API key or a cloud provider"):
        refuse_unsafe("0.0.0.0", method, any_key=False)


@pytest.mark.parametrize("method", Method)
def test_never_without_a_key_of_its_own(method: Method):
    with pytest.raises(UsageError, match="while it accepts any key"):
        refuse_unsafe("192.168.1.5", method, any_key=True)


@pytest.mark.parametrize(
    ("said", "environ"),
    [
        ({}, {}),
        ({"engine.choice": "demo"}, {"ANTHROPIC_API_KEY": "sk"}),
        ({"access.any_key": True}, {"ANTHROPIC_API_KEY": "sk"}),
        ({}, {"CLAUDE_CODE_OAUTH_TOKEN": "x"}),
        ({}, {"ANTHROPIC_AUTH_TOKEN": "x"}),
    ],
)
def test_a_start_that_would_be_unsafe_ends_before_a_port_is_open(
    said: dict[str, object], environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def never(host: str, port: int) -> None:
        raise AssertionError("a port was opened")

    monkeypatch.setattr(bootstrap, "open_listeners", never)
    environ = {"TIDEGATE_API_KEY": "tg-key", "PATH": os.defpath, **environ}
    layer = {name: Given(value, "here") for name, value in {"server.host": "0.0.0.0", **said}.items()}
    paths = Paths(tmp_path)
    with pytest.raises(UsageError, match="may not listen beyond this computer"):
        bootstrap.build(bootstrap.load(layer, environ, paths), environ, paths=paths)


def test_what_is_as_it_should_be_needs_no_words():
    assert notices((), any_key=False, ollama=True) == ()


def test_the_rest_is_said():
    (beyond,) = notices(("http://192.168.1.5:3456",), any_key=False, ollama=False)
    (any_key,) = notices((), any_key=True, ollama=True)
    assert "http://192.168.1.5:3456" in beyond
    assert "Any key is accepted" in any_key
    assert "even without a key" in any_key


@pytest.mark.parametrize(
    "changes", [{"server.host": "0.0.0.0"}, {"server.host": "::", "access.any_key": True}, {"server.host": "fd00::5"}]
)
def test_the_dashboard_can_not_make_it_unsafe_either(tmp_path: Path, changes: dict[str, object]):
    with browsing(tmp_path) as browser:
        browser.open()
        answer = browser.ask("PUT", "/dashboard/settings", changes)
        assert (answer.status, "may not listen beyond this computer" in answer.json["error"]["message"]) == (400, True)
        assert not browser.app.paths.config.exists()
        assert not browser.app.runtime.stopping


def test_any_key_is_said_from_when_it_is_set_until_it_is_taken_back(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        told = []
        for any_key in (True, False):
            browser.ask("PUT", "/dashboard/settings", {"access.any_key": any_key})
            models = browser.ask("GET", "/v1/models", headers={"x-api-key": "sk-dummy"})
            told.append((browser.get("/health")["notices"], models.status))
    assert told == [(list(notices((), any_key=True, ollama=False)), 200), ([], 401)]
