"""Answers of the demo, which takes its time for each word."""

from __future__ import annotations

import http.client
import json

from tests.tidegate_process import KEY

MANY_WORDS = "wort " * 99
"""About four seconds; less than a stop lets answers go on."""


class RunningAnswer:
    """A streamed answer whose first words have arrived."""

    def __init__(self, address: str) -> None:
        body = {"model": "tidegate-demo", "stream": True, "messages": [{"role": "user", "content": MANY_WORDS}]}
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
        self._connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._begun = self._answer.readline()

    def is_whole(self) -> bool:
        """Read the rest; whether it ended as an answer ends."""
        rest = self._answer.read()
        self._connection.close()
        return rest.rstrip().endswith(b"data: [DONE]") and b'"finish_reason":"stop"' in rest
