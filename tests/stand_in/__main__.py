"""`python -m tests.stand_in`: the stand-in as a process of its own, for the benchmark and for trying things by hand.

Prints its address as its first line; stops when standard input ends or after the given time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading

from tests.stand_in.answer import parse
from tests.stand_in.server import StandIn


async def _run(port: int, seconds: float, answer: str | None) -> None:
    stand_in = StandIn(keep=0)
    if answer:
        script = parse(answer.encode())
        stand_in.respond = lambda _: script
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_watch_input, args=(loop, stopped), daemon=True).start()
    await stand_in.start(port)
    print(stand_in.url, flush=True)  # noqa: T201 - the address is this program's output
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        pass
    finally:
        await stand_in.close()


def _watch_input(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tests.stand_in", description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--seconds", type=float, default=600, help="stop after this time")
    arguments.add_argument("--answer", help="JSON of the Script that answers every request; default: an echo")
    given = arguments.parse_args()
    asyncio.run(_run(given.port, given.seconds, given.answer))
