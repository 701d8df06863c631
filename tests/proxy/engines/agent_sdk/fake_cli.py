"""A program that speaks the CLI's side of the protocol and dies in a scripted way.

A fake where the real CLI can't serve: that one does not hang, print garbage or lose half a line on request. How it
dies while it starts is read from the file `death` in its folder; how it dies in an answer is the user's text. What it
does is noted in the file `diary`: one line each, with its process id. What waits goes on once there is a file `go`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["HOME"])
DEATH = (FOLDER / "death").read_text()


def main() -> None:
    note("starts")
    if DEATH == "exits at once":
        sys.exit(3)
    if DEATH == "never says a word":
        time.sleep(600)
    if DEATH == "starts slowly":
        wait()
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["type"] == "control_request":
            control(frame)
        elif frame["type"] == "user" and frame.get("shouldQuery") is False:
            take_in(frame)
        elif frame["type"] == "user":
            answer(frame)


def control(frame: dict) -> None:  # type: ignore[type-arg]
    request = frame["request"]
    match request["subtype"]:
        case "initialize":
            if DEATH == "dies while it starts":
                os.kill(os.getpid(), signal.SIGKILL)
            note(f"bound to {''.join(request['systemPrompt'])}")
        case "rewind_conversation" if DEATH == "rewinds nothing":
            tell(frame, {"subtype": "success", "response": {"rewound": False}})
            return
        case "apply_flag_settings" if DEATH == "refuses settings":
            tell(frame, {"subtype": "error", "error": "no such setting"})
            return
    version = "2.1.247" if DEATH == "is older than what leaves a chat's words alone" else "2.1.248"
    tell(
        frame,
        {"subtype": "success", "response": {"rewound": True, "models": MODELS, "claude_code_version": version}},
    )


MODELS = [{"value": "m", "resolvedModel": "claude-opus-5-5"}]


def take_in(frame: dict) -> None:  # type: ignore[type-arg]
    if DEATH == "dies while it is told the history":
        os.kill(os.getpid(), signal.SIGKILL)
    if DEATH == "hangs while it is told the history":
        note("hangs")
        os.kill(os.getpid(), signal.SIGSTOP)
    say({"type": "command_lifecycle", "command_uuid": frame["uuid"], "state": "completed"})


def answer(frame: dict) -> None:  # type: ignore[type-arg]
    note("answers")
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
        case "waits":
            wait()
        case _:
            pass
    event("content_block_stop")
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1})
    event("message_stop")
    note("answered")
    result = {"type": "result", "is_error": False, "user_message_uuid": frame["uuid"], "usage": {}, "result": "Well"}
    say(result)


def event(kind: str, **rest: object) -> None:
    say({"type": "stream_event", "event": {"type": kind, "index": 0, **rest}})


def tell(asked: dict, response: dict) -> None:  # type: ignore[type-arg]
    say({"type": "control_response", "response": {"request_id": asked["request_id"], **response}})


def say(frame: dict) -> None:  # type: ignore[type-arg]
    sys.stdout.write(json.dumps(frame) + "\n")
    sys.stdout.flush()


def note(what: str) -> None:
    diary = os.open(FOLDER / "diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT)  # one write, so that no lines mix
    os.write(diary, f"{os.getpid()} {what}\n".encode())
    os.close(diary)


def wait() -> None:
    while not (FOLDER / "go").exists():
        time.sleep(0.01)


if __name__ == "__main__":
    main()
