"""The real program, killed and started again: a chat goes on where it was."""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tidegate_process import KEY, environment, start


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a running program, which ends without having a say in it."""
    process = start(environment(home), "serve")
    assert process.stdout
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.kill()
        process.communicate()


def ask(address: str, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "X-Session-Id": "chat-1"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_program_knows_its_sessions_and_responses_when_it_is_back(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        chat = {"model": "default", "messages": [{"role": "user", "content": "one"}]}
        ask(address, "POST", "/v1/chat/completions", chat)
        response = ask(address, "POST", "/v1/responses", {"input": "two"})
        before = ask(address, "GET", "/sessions/chat-1")
    with served(tmp_path) as address:
        after = ask(address, "GET", "/sessions/chat-1")
        assert ask(address, "GET", f"/v1/responses/{response['id']}") == response
        ask(address, "POST", "/v1/responses", {"input": "three", "previous_response_id": response["id"]})
        assert ask(address, "DELETE", "/sessions") == {"deleted": 1}
    steady = ("sessionKey", "model", "messageCount", "createdAt", "lastUsed")
    assert [after[name] for name in steady] == [before[name] for name in steady]
    assert before["messageCount"] == 4
