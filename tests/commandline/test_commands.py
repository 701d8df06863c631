"""Commands for a running `tidegate serve`, which is the same to them as the desktop program."""

from __future__ import annotations

import http.server
import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commandline import running
from app.commandline.doctor import program
from app.commandline.doctor.finding import Verdict
from app.core.control_file import Control, write_control
from app.core.instance import Instance
from app.core.paths import Paths
from tests.tidegate_process import KEY, environment, run, start


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def serving(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = start(environ, "serve")
    assert process.stdout
    assert process.stdout.readline().startswith("Tidegate is listening on ")
    yield process
    process.kill()
    process.communicate()


def test_nothing_runs_is_one_sentence_and_code_3(environ: dict[str, str]):
    for arguments in (["status"], ["restart"], ["stop"], ["pause"], ["auth", "status"], ["dashboard"]):
        ran = run(environ, *arguments)
        assert (ran.returncode, ran.stdout) == (3, ""), arguments
        assert ran.stderr == "Tidegate is not running. Start it with `tidegate`.\n"


def test_a_control_file_that_a_killed_program_left_is_no_running_program(environ: dict[str, str], tmp_path: Path):
    left = tmp_path / "state" / "run" / "control.json"
    left.parent.mkdir(parents=True)
    left.write_text('{"port": 9, "secret": "x"}')
    ran = run(environ, "status")
    assert ran.returncode == 3
    assert ran.stderr == "Tidegate is not running. Start it with `tidegate`.\n"
    with socket.create_server(("127.0.0.1", 0)) as other:
        busy = {**environ, "TIDEGATE_PORT": str(other.getsockname()[1])}
        assert run(busy, "serve").returncode == 2
    assert not left.exists()  # whoever is the one now reads no old one


@pytest.mark.parametrize(("code", "said"), [(404, b"{}"), (200, b'{"ok": true}'), (200, b"[]"), (503, b"")])
def test_another_program_at_the_port_of_a_killed_one_is_no_tidegate(
    environ: dict[str, str], tmp_path: Path, code: int, said: bytes
):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    left = tmp_path / "state" / "run" / "control.json"
    left.parent.mkdir(parents=True)
    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        left.write_text(json.dumps({"port": other.server_port, "secret": "x"}))
        for command in (["status"], ["auth", "status"], ["stop"]):
            ran = run(environ, *command)
            assert (ran.returncode, ran.stdout, ran.stderr) == (
                3, "", "Tidegate is not running. Start it with `tidegate`.\n"
            ), command  # fmt: skip
        other.shutdown()


def test_one_that_hangs_is_told_as_that_and_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "_AT_ONCE_SECONDS", 0.2)
    paths = Paths(tmp_path)
    paths.create()
    hung = Instance(paths)
    assert hung.acquire()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        write_control(paths.control, Control(listening.getsockname()[1], "x"))
        with pytest.raises(running.Hangs, match="Tidegate runs, but does not answer"):
            running.ask(paths, "status")
        found = [*program.port(paths, {}), *program.sign_in(paths)]
        assert [(each.verdict, "Tidegate runs, but does not answer." in each.sentence) for each in found] == [
            (Verdict.BAD, True), (Verdict.NOTE, True)
        ]  # fmt: skip
    hung.release()


def test_status_says_it_to_people_and_to_programs(environ: dict[str, str], serving: subprocess.Popen[str]):
    lines = run(environ, "status").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["State", "Address", "Claude", "Since", "Running"]
    status = json.loads(run(environ, "status", "--json").stdout)
    assert (status["engine"], status["paused"], status["running"]) == ("demo", False, 0)
    assert status["account"]["kind"] == "not_configured"


def test_pause_resume_restart_and_stop_do_what_they_say(environ: dict[str, str], serving: subprocess.Popen[str]):
    assert run(environ, "pause").stdout.startswith("Tidegate is paused")
    assert run(environ, "status").stdout.splitlines()[0] == "State       Paused."
    assert json.loads(run(environ, "resume", "--json").stdout)["ok"] is True
    assert run(environ, "restart").returncode == 0
    assert serving.stdout
    assert serving.stdout.readline().startswith("Tidegate is listening on ")
    assert run(environ, "stop").stdout == "Tidegate has ended.\n"
    assert serving.wait(10) == 0


def test_a_restart_says_why_it_keeps_the_settings_as_they_are(
    environ: dict[str, str], tmp_path: Path, serving: subprocess.Popen[str]
):
    (tmp_path / "state" / "config.toml").write_text("[nonsense]\n")
    ran = run(environ, "restart")
    kept = f"Its settings stay as they are. There is no section nonsense (in {tmp_path / 'state' / 'config.toml'})."
    assert ran.stdout == f"Tidegate restarts as soon as running answers have ended. {kept}\n"
    assert run(environ, "status").returncode == 0


def test_paused_it_stays_so_after_a_restart(environ: dict[str, str], serving: subprocess.Popen[str]):
    run(environ, "pause")
    assert run(environ, "restart").returncode == 0
    assert serving.stdout
    assert serving.stdout.readline().startswith("Tidegate is listening on ")
    assert run(environ, "status").stdout.splitlines()[0] == "State       Paused."


def test_a_second_serve_with_the_same_folder_is_refused(environ: dict[str, str], serving: subprocess.Popen[str]):
    ran = run(environ, "serve")
    assert ran.returncode == 2
    assert re.fullmatch(r"Tidegate is running already with [^\n]+\. `tidegate stop` ends it\.\n", ran.stderr)


def test_a_second_start_without_a_window_to_show_prints_a_link_that_works_once(
    environ: dict[str, str], serving: subprocess.Popen[str]
):
    ran = run(environ)
    assert ran.returncode == 0
    [link] = re.findall(r"http://127\.0\.0\.1:\d+/open\?code=[\w-]+", ran.stdout)
    asked = urllib.request.Request(link, headers={"Accept": "text/html"})
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(asked, timeout=10) as page:
        assert b"<html" in page.read()
        assert "code-used-up" not in page.url
    with urllib.request.build_opener().open(asked, timeout=10) as page:
        assert "code-used-up" in page.url


def test_logs_prints_the_newest_lines(environ: dict[str, str], serving: subprocess.Popen[str]):
    assert "listening on http://127.0.0.1" in run(environ, "logs", "-n", "50").stdout
    assert len(run(environ, "logs", "-n", "1").stdout.splitlines()) == 1


def test_logs_follow_goes_on_with_what_is_added(environ: dict[str, str], serving: subprocess.Popen[str]):
    follower = start(environ, "logs", "-n", "1", "--follow")
    assert follower.stdout
    try:
        assert follower.stdout.readline()
        assert run(environ, "restart").returncode == 0
        assert "listening on" in follower.stdout.readline()
    finally:
        follower.kill()
        follower.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is no file of this name")
def test_what_starts_at_login_and_cannot_be_read_is_said(environ: dict[str, str], tmp_path: Path):
    (tmp_path / ".config" / "autostart" / "app.tidegate.Tidegate.desktop").mkdir(parents=True)
    ran = run(environ, "autostart", "status")
    assert (ran.returncode, ran.stderr) == (1, "What starts when you log in can't be read: Is a directory.\n")


def test_doctor_names_what_overrules_the_settings_and_never_a_value(environ: dict[str, str]):
    environ |= {"ANTHROPIC_API_KEY": "sk-ant-secret", "HTTP_PROXY": "http://proxy.example"}
    ran = run(environ, "doctor")
    assert "ANTHROPIC_API_KEY decides how Claude is reached" in ran.stdout
    assert "Add 127.0.0.1,localhost to NO_PROXY." in ran.stdout
    assert "sk-ant-secret" not in ran.stdout + ran.stderr


def test_doctor_finds_that_it_is_paused(environ: dict[str, str], serving: subprocess.Popen[str]):
    run(environ, "pause")
    told = run(environ, "doctor")
    assert "Tidegate is paused: new questions are refused." in told.stdout
    assert told.returncode == 1


def test_doctor_finds_broken_settings_and_goes_on(environ: dict[str, str], tmp_path: Path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "config.toml").write_text("[engine]\nchoise = 'demo'\n")
    found = json.loads(run(environ, "doctor", "--json").stdout)
    [settings] = [each for each in found if each["about"] == "settings"]
    assert settings["verdict"] == "bad"
    assert "Did you mean engine.choice?" in settings["sentence"]
    assert {"disk", "clock", "tray", "autostart"} <= {each["about"] for each in found}


def test_everything_answers_programs_in_json(environ: dict[str, str], serving: subprocess.Popen[str]):
    asked = {
        "status": "status", "pause": "pause", "resume": "resume", "auth status": "auth status", "version": "version",
        "dashboard": "dashboard", "autostart status": "autostart status", "doctor": "doctor", "key show": "key show",
        "key list": "key list", "key new Chatbox": "key new Chatbox", "key revoke Chatbox": "key revoke Chatbox",
    }  # fmt: skip
    told = {name: json.loads(run(environ, *words.split(), "--json").stdout) for name, words in asked.items()}
    assert told["key show"]["key"] == KEY
    assert re.fullmatch(r"tg-[\w-]{32}", told["key new Chatbox"]["key"])
    assert [each["name"] for each in told["key list"]] == ["default"]
    assert told["key revoke Chatbox"]["ok"] is True
    lines = run(environ, "logs", "--json", "-n", "5").stdout.splitlines()
    assert [json.loads(line)["level"] for line in lines] == ["INFO"] * len(lines)
    assert any("listening on http" in json.loads(line)["message"] for line in lines)


def test_what_goes_wrong_is_json_too_for_whoever_asked_so(environ: dict[str, str]):
    ran = run(environ, "status", "--json")
    assert (ran.returncode, ran.stderr) == (3, "")
    assert json.loads(ran.stdout) == {"ok": False, "sentence": "Tidegate is not running. Start it with `tidegate`."}
    ran = run(environ, "key", "revoke", "Nobody", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["ok"]) == (2, False)


@pytest.mark.skipif(sys.platform == "win32", reason="reads the autostart file of Linux and macOS")
def test_doctor_finds_a_start_at_login_of_another_copy(environ: dict[str, str], tmp_path: Path):
    run(environ, "autostart", "on")
    [entry] = [path for path in tmp_path.rglob("app.tidegate.Tidegate.*") if path.suffix in (".desktop", ".plist")]

    def verdict() -> tuple[str, str]:
        [found] = [each for each in json.loads(run(environ, "doctor", "--json").stdout) if each["about"] == "autostart"]
        return found["verdict"], found["advice"]

    assert verdict() == ("good", "")
    entry.write_text(entry.read_text().replace("--hidden", "--hidden --other"))
    assert verdict() == ("note", "`tidegate autostart on` makes it this one.")


class OtherProxy(http.server.BaseHTTPRequestHandler):
    """Answers /health as another product does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok", "provider": "claude-agent-sdk"}')

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_doctor_finds_another_proxy_where_a_variable_sends_programs(
    environ: dict[str, str], serving: subprocess.Popen[str]
):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherProxy) as other:
        threading.Thread(target=other.serve_forever).start()
        environ["OPENAI_BASE_URL"] = f"http://localhost:{other.server_port}/v1"
        found = json.loads(run(environ, "doctor", "--json").stdout)
        other.shutdown()
    told = [each["sentence"] for each in found if each["about"] == "other proxies"]
    assert f"At port {other.server_port} answers mobygate, another Claude proxy." in told
    assert f"OPENAI_BASE_URL sends programs to port {other.server_port}, not to Tidegate." in told
