"""The dashboard of the real program in a real browser: the way in, what happens live, the tests, death and return."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openai
import pytest
from playwright.sync_api import Page, expect

from app.proxy.listeners import open_listeners
from tests.stand_in import engine_environment, say, wanting
from tests.tidegate_process import KEY, ROOT, environment, run, start
from tests.ui.browser.conftest import Visit, Visitor

READY = "Tidegate is listening on "
MARKUP = "<img src=x onerror=window.pwned=1>"


@dataclass
class Program:
    """A running Tidegate, which can be killed and started again at the same address."""

    environ: dict[str, str]
    address: str = ""
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> None:
        self.process = start(self.environ, "serve")
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip().removeprefix(READY)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def link(self) -> str:
        return run(self.environ, "dashboard", "--link").stdout.strip()

    def ask(self, text: str, model: str = "claude-sonnet-5-5") -> str:
        client = openai.OpenAI(base_url=f"{self.address}/v1", api_key=KEY, max_retries=0)
        chunks = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.fixture(scope="module")
def model_api() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.stand_in", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def claude(model_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """With the real CLI, which talks to the stand-in."""
    yield from running(engine_environment(model_api, home := tmp_path_factory.mktemp("claude")), home, "agent")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Program]:
    yield from running({}, tmp_path, "demo")


@pytest.fixture
def movable(tmp_path: Path) -> Iterator[Program]:
    """Its port stands in the file, where the dashboard may change it."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "config.toml").write_text(f"[server]\nport = {free_port()}\n")
    without_port = {name: value for name, value in environment(tmp_path).items() if name != "TIDEGATE_PORT"}
    yield from started(Program(without_port))


def free_port() -> int:
    with open_listeners("127.0.0.1", 0) as free:
        return free.port


def running(environ: dict[str, str], home: Path, engine: str) -> Iterator[Program]:
    yield from started(Program({**environ, **environment(home, TIDEGATE_ENGINE=engine)}))


def started(program: Program) -> Iterator[Program]:
    program.start()
    try:
        yield program
    finally:
        program.kill()


def opened(program: Program, visit: Visitor) -> Visit:
    visitor = visit(program.address)
    visitor.page.goto(program.link())
    expect(visitor.page.get_by_text("Connected", exact=True)).to_be_visible()
    return visitor


def goto(page: Page, name: str) -> None:
    page.evaluate("name => { location.hash = name; }", name)


def test_a_link_opens_the_dashboard_once_and_the_code_by_hand_does_too(demo: Program, visit: Visitor):
    link = demo.link()
    page = visit(demo.address).page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    stranger = visit(demo.address)
    stranger.may_be_refused = True
    stranger.page.goto(link)
    expect(stranger.page.get_by_role("alert")).to_contain_text("used up or too old")
    stranger.page.get_by_label("Link or code").fill("wrong")
    stranger.page.get_by_role("button", name="Open").click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("doesn't open the dashboard")
    stranger.page.goto(f"{demo.address}/#settings")
    stranger.page.get_by_label("Link or code").fill(parse_qs(urlsplit(demo.link()).query)["code"][0])
    stranger.page.get_by_role("button", name="Open").click()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_every_page_has_something_to_say(demo: Program, visit: Visitor):
    page = opened(demo, visit).page
    for name, heading in {
        "requests": "Requests", "sessions": "Sessions", "connect": "Connect an app", "connect/chatbox": "Chatbox",
        "try": "Try it", "log": "Log", "settings": "Settings", "welcome": "Welcome to Tidegate",
    }.items():  # fmt: skip
        goto(page, name)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    goto(page, "settings/server")
    expect(page.get_by_label("Port", exact=True)).to_be_visible()
    expect(page.get_by_text("Change it when another program needs this one")).to_be_visible()


def test_what_an_app_asks_is_seen_as_it_happens_with_the_real_cli(claude: Program, visit: Visitor):
    page = opened(claude, visit).page
    goto(page, "requests")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    assert claude.ask(wanting(say("Hel", "lo"), "Hi")) == "Hello"
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("claude-sonnet-5-5")
    expect(row).to_contain_text("Answered")
    with pytest.raises(openai.NotFoundError):
        claude.ask("Hi", model=MARKUP)
    expect(page.locator("tbody tr").first).to_contain_text(MARKUP)
    expect(page.locator("tbody tr").first).to_contain_text("Failed")
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("HTTP status404")
    page.keyboard.press("Escape")
    goto(page, "overview")
    expect(page.get_by_role("region", name="State", exact=True)).to_contain_text("Claude answered at")


def test_the_chat_talks_to_the_real_cli(claude: Program, visit: Visitor):
    page = opened(claude, visit).page
    goto(page, "try")
    page.get_by_label("Model").select_option("claude-sonnet-5-5")
    page.get_by_label("Your message").fill(wanting(say("It is ", MARKUP), "What is it?"))
    page.keyboard.press("Enter")
    talk = page.get_by_role("region", name="Conversation")
    expect(talk).to_contain_text(f"It is {MARKUP}")
    expect(talk).to_contain_text("first words after")
    goto(page, "requests")
    expect(page.locator("tbody tr").first).to_contain_text("Try it")


def test_the_test_of_an_app_really_asks_and_a_refused_page_is_allowed_and_then_works(demo: Program, visit: Visitor):
    page = opened(demo, visit).page
    goto(page, "connect/chatbox")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_text("Chatbox is answered.")).to_be_visible()
    goto(page, "connect/typingmind")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_text("Tidegate doesn't answer https://www.typingmind.com yet.").first).to_be_visible()
    goto(page, "settings/pages")
    page.get_by_label("Web page to allow").fill("https://www.typingmind.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove https://www.typingmind.com")).to_be_visible()
    goto(page, "connect/typingmind")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_text("TypingMind is answered.")).to_be_visible()


def test_another_port_moves_the_program_and_the_page_and_names_the_apps(movable: Program, visit: Visitor):
    port = free_port()
    visitor = opened(movable, visit)
    visitor.may_lose_the_server = True
    page = visitor.page
    assert movable.ask("Hi", model="tidegate-demo")
    goto(page, "settings/server")
    page.get_by_label("Port", exact=True).fill(str(port))
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Tidegate moves")
    expect(dialog).to_contain_text(f"http://127.0.0.1:{port}/v1")
    expect(dialog).to_contain_text("every app that uses the shared key")
    dialog.get_by_role("button", name="Go there").click()
    expect(page).to_have_url(f"http://127.0.0.1:{port}/#settings/server")
    expect(page.get_by_label("Port", exact=True)).to_have_value(str(port))
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def test_a_page_that_asks_is_told_of_and_denied_and_stays_out(demo: Program, visit: Visitor):
    page = opened(demo, visit).page
    with closing(http.client.HTTPConnection(demo.address.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", "/v1/models", headers={"Origin": "https://chat.example"})
        assert connection.getresponse().status == 403
    page.get_by_role("button", name="Decide").click()
    page.get_by_role("button", name="Deny https://chat.example").click()
    expect(page.get_by_text("The page stays shut out.")).to_be_visible()
    goto(page, "overview")
    expect(page.get_by_role("region", name="State", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Decide")).to_have_count(0)


def test_pausing_is_a_click_and_so_is_going_on(demo: Program, visit: Visitor):
    page = opened(demo, visit).page
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("New questions are refused until you resume.", exact=True)).to_be_visible()
    with pytest.raises(openai.APIStatusError):
        demo.ask("Hi", model="tidegate-demo")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert demo.ask("Hi", model="tidegate-demo")


def test_a_key_for_one_app_is_made_shows_in_the_list_and_is_taken_back(demo: Program, visit: Visitor):
    page = opened(demo, visit).page
    goto(page, "settings/keys")
    page.get_by_label("Name for a new key").fill(MARKUP[:40])
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_role("dialog").locator("code").inner_text()
    page.get_by_role("button", name="Close").click()
    client = openai.OpenAI(base_url=f"{demo.address}/v1", api_key=key, max_retries=0)
    assert client.models.list().data
    page.get_by_role("button", name=f"Remove key {MARKUP[:40]}").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Key removed")).to_be_visible()
    with pytest.raises(openai.AuthenticationError):
        client.models.list()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows can't freeze a process like this")
def test_frozen_it_is_said_in_red_within_five_seconds_too_and_when_it_goes_on(demo: Program, visit: Visitor):
    visitor = opened(demo, visit)
    visitor.may_lose_the_server = True
    demo.process.send_signal(signal.SIGSTOP)
    try:
        expect(visitor.page.get_by_text("Disconnected")).to_be_visible(timeout=5_000)
    finally:
        demo.process.send_signal(signal.SIGCONT)
    expect(visitor.page.get_by_text("Connected", exact=True)).to_be_visible()


def test_killed_it_is_said_in_red_within_five_seconds_and_after_its_return_a_new_code_is_wanted(
    demo: Program, visit: Visitor
):
    demo.environ["TIDEGATE_PORT"] = demo.address.rsplit(":", 1)[1]
    visitor = opened(demo, visit)
    visitor.may_lose_the_server = visitor.may_be_refused = True
    demo.kill()
    expect(visitor.page.get_by_text("Disconnected")).to_be_visible(timeout=5_000)
    demo.start()
    expect(visitor.page.get_by_label("Link or code")).to_be_visible()
    visitor.page.get_by_label("Link or code").fill(demo.link())
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(visitor.page.get_by_text("Connected", exact=True)).to_be_visible()
