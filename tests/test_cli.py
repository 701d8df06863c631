"""The `tidegate` command as a person or a service manager meets it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import __version__
from app.core.environment import Method
from app.core.secrets import KeptIn, LocalKey
from app.ready_screen import Ready, beside_the_line, curl_line, for_a_person
from tests.tidegate_process import KEY, environment, run, start

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")

_INTERRUPTED_WHILE_LOADING = """
import sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "{loaded}":
            exec("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
sys.meta_path.insert(0, Finder)
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def serving(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `tidegate serve` and its address."""
    process = start(environ, "serve")
    assert process.stdout
    line = process.stdout.readline()
    found = re.fullmatch(r"Tidegate is listening on (http://127\.0\.0\.1:\d+)\n", line)
    try:
        assert found, (line, process.stderr and process.stderr.read())
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def test_version_says_which_one(environ: dict[str, str]):
    for arguments in (["version"], ["--version"]):
        ran = run(environ, *arguments)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"Tidegate {__version__}\n", "")


def test_the_ready_line_comes_when_requests_are_answered(serving: tuple[subprocess.Popen[str], str]):
    _, address = serving
    with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
        health = json.load(answer)
    assert (health["status"], health["engine"], health["address"]) == ("ok", "demo", address)


@posix
@pytest.mark.parametrize("loaded", ["app.cli", "app.core.environment", "app.beside", "app.proxy.application"])
def test_ctrl_c_while_it_loads_just_ends_it(environ: dict[str, str], tmp_path: Path, loaded: str):
    """Within `exec`, as a class is made: there Python would remember an exception and end by a signal."""
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED_WHILE_LOADING.format(loaded=loaded))
    ran = run({**environ, "PYTHONPATH": str(tmp_path)}, "serve")
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_code_0_and_one_line_was_all_it_printed(
    serving: tuple[subprocess.Popen[str], str], number: signal.Signals
):
    process, _ = serving
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert err == (
        "Key for chat apps: the one TIDEGATE_API_KEY sets.\n"
        "Engine: demo. The demo only: nothing is sent anywhere, and nobody's terms apply.\n"
    )


def test_a_taken_port_is_one_sentence_and_code_2(environ: dict[str, str]):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = run(environ, "serve", "--port", str(port))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(rf"Port {port} is taken by [^\n]+: stop it, or use the next free port, \d+\.\n", ran.stderr)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--port", "99999"],
            "server.port = '99999' (from --port) won't do: expected a whole number from 0 to 65,535.\n",
        ),
        (
            ["--engine", "x"],
            "engine.choice = 'x' (from --engine) won't do: expected one of auto, agent, direct, demo.\n",
        ),
        (
            ["--engine", "direct"],
            "The direct engine needs an API key: set ANTHROPIC_API_KEY, or choose another engine.\n",
        ),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_code_2(environ: dict[str, str], arguments: list[str], sentence: str):
    ran = run(environ, "serve", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", sentence)


def test_a_mistake_in_the_settings_file_is_one_sentence_and_code_2(environ: dict[str, str], tmp_path: Path):
    config = tmp_path / "state" / "config.toml"
    config.parent.mkdir()
    config.write_text("[engine]\nchoise = 'demo'\n")
    ran = run(environ, "serve")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"There is no setting engine.choise (in {config}). Did you mean engine.choice?\n"


def test_an_unknown_command_is_refused_with_code_2(environ: dict[str, str]):
    ran = run(environ, "frobnicate")
    assert ran.returncode == 2
    assert "frobnicate" in ran.stderr


def test_key_show_prints_the_fixed_key(environ: dict[str, str]):
    ran = run(environ, "key", "show")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{KEY}\n", "")


def test_key_new_says_that_the_key_is_fixed_elsewhere(environ: dict[str, str]):
    ran = run(environ, "key", "new")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "TIDEGATE_API_KEY fixes the key. Unset it first, then ask for a new one.\n"


@pytest.mark.parametrize("action", ["show", "new"])
def test_without_a_keyring_key_says_so_and_what_to_do(environ: dict[str, str], action: str):
    del environ["TIDEGATE_API_KEY"]
    ran = run(environ, "key", action)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert re.fullmatch(r"This system has no keyring\. [^\n]+TIDEGATE_API_KEY to one of yours\.\n", ran.stderr)


def status_with(address: str, key: str) -> int:
    request = urllib.request.Request(f"{address}/v1/models", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_a_key_for_one_app_works_at_once_is_listed_and_is_taken_back_at_once(
    environ: dict[str, str], serving: tuple[subprocess.Popen[str], str]
):
    _, address = serving
    made = run(environ, "key", "new", "Home", "Assistant")
    key = made.stdout.strip()

    assert re.fullmatch(r"tg-[\w-]{32}", key)
    assert made.stderr.startswith("This is the key for Home Assistant. Copy it now")
    assert status_with(address, key) == 200
    listed = run(environ, "key", "list").stdout.splitlines()
    assert [line.split("  ")[0] for line in listed] == ["NAME", "default", "Home Assistant"]
    assert key[-4:] in listed[2]
    assert key not in "".join(listed)
    assert run(environ, "key", "revoke", "home", "assistant").returncode == 0
    assert [status_with(address, each) for each in (key, KEY)] == [401, 200]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["revoke", "Nobody"], "There is no key called Nobody. `tidegate key list` names them.\n"),
        (["revoke"], "Say which key: `tidegate key list` names them.\n"),
        (["new", "default"], "default is a name that Tidegate uses itself. Choose another one.\n"),
        (
            ["show", "Chatbox"],
            "The key called Chatbox was shown when it was made and isn't kept. Revoke it and make a new one.\n",
        ),
    ],
)
def test_what_can_not_be_done_with_a_key_is_one_sentence_and_code_2(
    environ: dict[str, str], arguments: list[str], sentence: str
):
    ran = run(environ, "key", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", sentence)


def test_any_key_lets_any_in_but_none_and_is_said(environ: dict[str, str]):
    process = start({**environ, "TIDEGATE_ACCESS_ANY_KEY": "true", "TIDEGATE_SERVER_OLLAMA": "true"}, "serve")
    try:
        assert process.stdout
        address = process.stdout.readline().strip().removeprefix("Tidegate is listening on ")
        answers = [status_with(address, key) for key in ("sk-dummy", KEY, "")]
        with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
            notices = json.load(answer)["notices"]
        with urllib.request.urlopen(f"{address}/api/tags", timeout=10) as answer:
            tags = json.load(answer)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert answers == [200, 200, 401]
    assert [notice.split(":")[0] for notice in notices] == ["Any key is accepted (access.any_key)"]
    assert notices[0] in said
    assert [model["name"] for model in tags["models"]] == ["tidegate-demo"]


@posix
@pytest.mark.skipif(shutil.which("curl") is None, reason="wants the Debian package curl")
def test_the_line_on_the_ready_screen_streams_words_when_pasted(environ: dict[str, str]):
    del environ["TIDEGATE_API_KEY"]
    process = start(environ)
    try:
        assert process.stdout
        screen = ""
        while "Ctrl-C" not in screen:
            line = process.stdout.readline()
            assert line, screen
            screen += line
        [curl] = [line for line in screen.splitlines() if line.strip().startswith("curl ")]
        said = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, timeout=30, check=True).stdout
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert "for this session only. This system has no keyring." in screen
    chunks = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: {")]
    words = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
    assert "You wrote: “Hello!”" in words
    assert len(chunks) > 10
    assert said.rstrip().endswith("data: [DONE]")


def ready(kept_in: KeptIn) -> Ready:
    return Ready(
        address="http://127.0.0.1:3456",
        key=LocalKey("tg-abc", kept_in),
        keyring_problem="This system has no keyring." if kept_in is KeptIn.SESSION else None,
        method=Method.API_KEY,
        engine="direct",
        models=("claude-opus-4-7", "tidegate-demo"),
        models_problem=None,
        demo_model="tidegate-demo",
    )


def test_the_ready_screen_tells_all_a_chat_app_needs():
    assert for_a_person(ready(KeptIn.KEYRING)).splitlines() == [
        "Tidegate is ready. Give your chat app:",
        "",
        "  address  http://127.0.0.1:3456/v1   (apps that speak Anthropic's shape: http://127.0.0.1:3456)",
        "  key      tg-abc   (the same at every start; kept in the system's keyring)",
        "  model    claude-opus-4-7, tidegate-demo",
        "",
        f"In use: {Method.API_KEY.sentence}",
        "",
        "To try it, paste this into another terminal:",
        "",
        f"  {curl_line(ready(KeptIn.KEYRING), windows=sys.platform == 'win32')}",
        "",
        "Ctrl-C stops Tidegate.",
    ]


def test_a_service_log_holds_the_key_only_when_nothing_else_can_tell_it():
    shown = {kept_in: "tg-abc" in beside_the_line(ready(kept_in)) for kept_in in KeptIn}
    assert shown == {KeptIn.ENVIRONMENT: False, KeptIn.KEYRING: False, KeptIn.SESSION: True}


def test_the_curl_line_for_windows_escapes_what_powershell_would_take():
    line = curl_line(ready(KeptIn.KEYRING), windows=True)
    assert line.startswith("curl.exe -N ")
    assert '\\"model\\":\\"tidegate-demo\\"' in line
