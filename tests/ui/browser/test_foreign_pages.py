"""Pages that are not Tidegate's, in a real browser, and an app that is built like one: who gets an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.tidegate_process import KEY, environment, start
from tests.ui.browser.conftest import CHROMIUM, FLAGS

READY = "Tidegate is listening on "
ASK = """async ([address, key]) => {
    const headers = { "authorization": `Bearer ${key}`, "content-type": "application/json" };
    const body = JSON.stringify({ model: "tidegate-demo", messages: [{ role: "user", content: "Hello" }] });
    const asked = [
        fetch(`${address}/v1/models`, { headers }),
        fetch(`${address}/v1/chat/completions`, { method: "POST", headers, body }),
        fetch(`${address}/v1/chat/completions`, { method: "POST", mode: "no-cors", body }),
    ];
    const answers = await Promise.allSettled(asked);
    return answers.slice(0, 2).map((answer) => answer.value?.status ?? "failed");
}"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as running:
        yield running


@contextmanager
def page_from_the_disk(playwright: Playwright, folder: Path, flag: str | None) -> Iterator[Page]:
    file = folder / "page.html"
    file.write_text("<!doctype html><title>An app</title>")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *filter(None, [flag])])
    try:
        page = browser.new_page()
        page.goto(file.as_uri())
        yield page
    finally:
        browser.close()


@contextmanager
def tidegate(folder: Path, **settings: str) -> Iterator[tuple[str, Path]]:
    """The address of a running program, and its log."""
    process = start(environment(folder, **settings), "serve")
    try:
        assert process.stdout
        yield process.stdout.readline().strip().removeprefix(READY), folder / "state" / "logs" / "tidegate.log"
    finally:
        process.terminate()
        process.communicate(timeout=30)


APP_FROM_THE_DISK = "--allow-file-access-from-files"
"""As Electron makes its windows."""
NO_WEB_SECURITY = "--disable-web-security"
"""Electron's `webSecurity: false`, which some apps set."""
ELSEWHERE = "https://chat.example"


@pytest.mark.parametrize(
    ("flag", "allowed", "refused_as"),
    [
        pytest.param(None, ELSEWHERE, "null", id="a page from the disk"),
        pytest.param(None, "file://", "null", id="a page from the disk, which nobody can allow"),
        pytest.param(APP_FROM_THE_DISK, ELSEWHERE, "file://", id="an app that nobody has allowed"),
        pytest.param(APP_FROM_THE_DISK, "file://", None, id="an app that a person has allowed"),
        pytest.param(NO_WEB_SECURITY, ELSEWHERE, None, id="an app with its web security off"),
    ],
)
def test_who_gets_an_answer(
    playwright: Playwright, tmp_path: Path, flag: str | None, allowed: str, refused_as: str | None
):
    with (
        tidegate(tmp_path, TIDEGATE_ACCESS_ALLOWED_ORIGINS=allowed) as (address, log),
        page_from_the_disk(playwright, tmp_path, flag) as page,
    ):
        found = page.evaluate(ASK, [address, KEY])
        said = log.read_text()
    assert found == (["failed", "failed"] if refused_as else [200, 200])
    assert (
        said.count("model=tidegate-demo") == found.count(200) // 2
    )  # and none for what needed no permission to be sent
    assert refused_as is None or f"origin (origin {refused_as})" in said
