"""A program that speaks the CLI's side of the protocol and dies in a scripted way.

A fake where the real CLI can't serve: that one does not hang, print garbage or lose half a line on request. How it
dies while it starts is read from the file named by FAKE_CLI_DEATH; how it dies in an answer is the user's text.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

DEATH = Path(os.environ["FAKE_CLI_DEATH"]).read_text()


def main() -> None:
    if DEATH == "exits at once":
        sys.exit(3)
    if DEATH == "never says a word":
        time.sleep(600)
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["type"] == "control_request":
            control(frame)
        elif frame["type"] == "user":
            answer(frame)


def control(frame: dict) -> None:  # type: ignore[type-arg]
    request = frame["request"]
    if request["subtype"] == "initialize" and DEATH == "dies while it starts":
        os.kill(os.getpid(), signal.SIGKILL)
    response = {"rewound": True, "models": [{"value": "m", "resolvedModel": "claude-opus-5-5"}]}
    told = {"subtype": "success", "request_id": frame["request_id"], "response": response}
    say({"type": "control_response", "response": told})


def answer(frame: dict) -> None:  # type: ignore[type-arg]
    event("message_start", message={"model": "claude-opus-5-5", "usage": {"input_tokens": 1}})
    event("content_block_start", content_block={"type": "text", "text": ""})
    event("content_block_delta", delta={"type": "text_delta", "text": "Well"})
    match frame["message"]["content"][0]["text"]:
        case "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "ends well without a result":
            sys.exit(0)
        case "loses half a line":
            sys.stdout.write('{"type":"stream_ev')
            sys.stdout.flush()
            sys.exit(0)
        case "prints garbage":
            sys.stdout.write("{this is no JSON}\n")
        case "prints bad UTF-8":
            sys.stdout.buffer.write(b'{"type":"\xff\xfe"}\n')
        case "fails with a word":
            sys.stderr.write("out of luck\n")
            sys.exit(1)
        case _:
            pass
    event("content_block_stop")
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1})
    event("message_stop")
    result = {"type": "result", "is_error": False, "user_message_uuid": frame["uuid"], "usage": {}, "result": "Well"}
    say(result)


def event(kind: str, **rest: object) -> None:
    say({"type": "stream_event", "event": {"type": kind, "index": 0, **rest}})


def say(frame: dict) -> None:  # type: ignore[type-arg]
    sys.stdout.write(json.dumps(frame) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
