"""No object of ours shows a secret when it is printed, as a crash report or a debugger would print it."""

from __future__ import annotations

import gc
import secrets as random
from pathlib import Path

from app.core.control_file import read_control
from app.core.secrets import SecretName
from app.proxy.request_head import RequestHead
from tests.proxy.engines.agent_sdk.sign_in.accounts import fake_command
from tests.ui.dashboard import browsing


def shown(secrets: dict[str, str]) -> set[tuple[str, str]]:
    """Which of our classes print which of these secrets."""
    found = set()
    for each in gc.get_objects():
        kind = type(each)
        if str(kind.__module__).startswith("app."):
            printed = repr(each)
            found |= {(kind.__qualname__, name) for name, secret in secrets.items() if secret in printed}
    return found


def test_nothing_of_a_running_program_prints_a_key_a_token_or_a_cookie(tmp_path: Path):
    made = {name: f"{name}-{random.token_hex(8)}" for name in ("local", "token", "kept", "aws")}
    environ = {
        "TIDEGATE_API_KEY": made["local"],
        "ANTHROPIC_AUTH_TOKEN": made["token"],
        "AWS_SECRET_ACCESS_KEY": made["aws"],
    }
    with browsing(tmp_path, environ=environ) as browser:
        browser.app.secrets.keep(SecretName.ANTHROPIC_KEY, made["kept"])
        browser.open()
        assert browser.cookie
        made["cookie"] = browser.cookie.split("=")[1]
        made["app's"] = browser.post("/dashboard/keys", {"name": "Chatbox"})["key"]
        headers = {"Authorization": f"Bearer {made['local']}"}
        asked = {"model": "claude-scripted-1", "messages": [{"role": "user", "content": "Hello"}]}
        assert browser.ask("POST", "/v1/chat/completions", asked, headers).status == 200
        control = read_control(browser.app.paths.control)
        assert control
        made["control"] = control.secret
        command = fake_command(tmp_path, "status")
        made["path"] = command.environment["PATH"]  # stands for what an engine's process gets
        assert shown(made) == set()


def test_a_request_prints_none_of_its_headers():
    head = RequestHead("GET", "/", b"/", "1.1", ((b"authorization", b"Bearer tg-secret"), (b"cookie", b"c=tg-secret")))
    assert "tg-secret" not in repr(head)
