"""`python -m tests.bench.model_api`: the stand-in, answering what each chat text asks for.

Prints its address; stops when standard input ends or after the given number of seconds.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from functools import lru_cache

from tests.bench.chat import Wanted, answer_tokens, wanted_in
from tests.stand_in import Answer, Counts, Request, Say, StandIn


def answer_to(request: Request) -> Answer:
    """The answer that the request's last text asks for."""
    return _answer(wanted_in(request.last_user_text))


@lru_cache
def _answer(wanted: Wanted) -> Answer:
    said = Say(answer_tokens(wanted.tokens))
    return Answer((said,), usage=Counts(output_tokens=wanted.tokens), pause=wanted.pause_ms / 1000)


async def _run(seconds: float) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch_input() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=watch_input, daemon=True).start()
    async with StandIn(lenient=True, keep=0) as stand_in:
        stand_in.respond = answer_to
        print(stand_in.url, flush=True)  # noqa: T201 - the address is this program's output
        try:
            async with asyncio.timeout(seconds):
                await stopped.wait()
        except TimeoutError:
            pass


if __name__ == "__main__":
    asyncio.run(_run(float(sys.argv[1])))
