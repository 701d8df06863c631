"""A real Chromium, watched: whatever page a test opens has to be quiet, closed to other hosts, and within its rules."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.tidegate_process import ROOT
from tests.ui.browser.fake_server import FakeServer

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None
)
Theme: TypeAlias = Literal["light", "dark"]
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
AXE = ROOT / ".cache" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "build" / "screenshots"
_PATIENCE_MS = 25_000
"""On a busy machine a browser takes its time; what has to be quick says so itself."""
expect.set_options(timeout=_PATIENCE_MS)
_AWAY = re.compile(r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)")
_WATCH_RULES = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass
class Visit:
    """A page, and what it did that it should not have done."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    may_lose_the_server: bool = False
    """The browser itself writes lost connections to the console …"""
    may_be_refused: bool = False
    """… and answers that are a 401."""

    def go(self, name: str) -> None:
        self.page.goto(f"{self.address}/#{name}")
        self.page.reload()
        self.page.wait_for_selector("h1")

    def check(self) -> None:
        assert self.complaints == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("window.pwned") is None

    def _heard(self, kind: str, text: str) -> None:
        expected = (self.may_lose_the_server and _AWAY.search(text)) or (
            self.may_be_refused and re.search("40[01]", text)
        )
        if kind in ("error", "warning") and not expected:
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith("http://127.0.0.1:"):
            self.complaints.append(f"asked {url}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for the tests of a module: it keeps an event loop running in the thread, which tests of others need."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Opens pages, each in an empty profile; looks back at all of them at the end."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self.visits: list[Visit] = []

    def __call__(self, address: str, *, width: int = 1280, height: int = 800, theme: Theme = "light") -> Visit:
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
        )
        context.set_default_timeout(_PATIENCE_MS)
        context.add_init_script(_WATCH_RULES)
        visit = Visit(context.new_page(), address)
        visit.page.on("console", lambda message: visit._heard(message.type, message.text))
        visit.page.on("pageerror", lambda error: visit.complaints.append(f"raised: {error}"))
        visit.page.on("request", lambda request: visit._asked(request.url))
        self._contexts.append(context)
        self.visits.append(visit)
        return visit

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visitor]:
    visitor = Visitor(chromium)
    yield visitor
    try:
        for each in visitor.visits:
            each.check()
    finally:
        visitor.close()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server
