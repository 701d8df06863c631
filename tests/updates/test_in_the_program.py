"""A newer version in the whole program: found, shown with its words, skipped, and kept out of sight after a restart."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.updates import updates
from tests.ui.dashboard import browsing
from tests.updates.test_updates import PAGE, PUBLIC, feed


@pytest.fixture
def feed_address() -> Iterator[str]:
    class Feed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(feed())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/latest.json"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_version_that_was_found_is_shown_until_it_is_skipped(
    tmp_path: Path, feed_address: str, monkeypatch: pytest.MonkeyPatch
):
    source = updates.Source(feed_address, PUBLIC, "1.0.0")
    monkeypatch.setattr(updates, "Source", lambda: source)
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.get("/dashboard/overview")["update"] is None
        assert browser.post("/dashboard/commands/look_for_update")["ok"]
        found = browser.get("/dashboard/overview")["update"]
        assert found == {"version": "2.0.0", "page": PAGE, "notes": "It flies.", "notice": ""}
        assert browser.post("/dashboard/commands/skip_update")["ok"]
        assert browser.get("/dashboard/overview")["update"] is None
        kept = tomllib.loads(browser.app.paths.config.read_text())
    assert kept == {"updates": {"skipped": "2.0.0"}}
