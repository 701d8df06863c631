"""What is measured: each answers a wanted chat and says what was heard."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.bench.chat import Wanted, anthropic_body, openai_body
from tests.bench.errand import Errands
from tests.bench.heard import Heard
from tests.bench.programs import Program
from tests.bench.wire import Line
from tests.stand_in import KEY as SERVICE_KEY
from tests.tidegate_process import KEY

Message = dict[str, str]


class Subject(Protocol):
    """One way to an answer."""

    name: str

    async def settle(self) -> None:
        """Wait until nothing goes on in its background."""
        ...

    async def ask(self, wanted: Wanted, at_once: int = 1) -> list[Heard]:
        """That many answers, asked for at the same moment."""
        ...


class OnErrand:
    """A client in a process of its own."""

    def __init__(self, name: str, errands: Errands) -> None:
        self.name = name
        self._errands = errands

    async def settle(self) -> None:
        """It does nothing unasked."""

    async def ask(self, wanted: Wanted, at_once: int = 1) -> list[Heard]:
        return await self._errands.ask([wanted.text() for _ in range(at_once)])


class OnLines:
    """The bare client, with as many connections as are needed at once."""

    def __init__(self, name: str, open_line: Callable[[], Line], body: Callable[[list[Message]], Any]) -> None:
        self.name = name
        self._open_line = open_line
        self._body = body
        self._lines: list[Line] = []

    async def settle(self) -> None:
        """Nothing goes on behind it."""

    async def ask(self, wanted: Wanted, at_once: int = 1) -> list[Heard]:
        lines = self._some(at_once)
        return list(await asyncio.gather(*(line.ask(self._body(self.chat(wanted))) for line in lines)))

    async def loop(self, wanted: Wanted, at_once: int, requests: int) -> list[Heard]:
        """So many clients that each ask again as soon as they are answered, until all requests are made."""
        left = itertools.repeat(wanted, requests)
        heard: list[Heard] = []

        async def client(line: Line) -> None:
            heard.extend([await line.ask(self._body(self.chat(each))) for each in left])

        await asyncio.gather(*map(client, self._some(at_once)))
        return heard

    def chat(self, wanted: Wanted) -> list[Message]:
        """The messages of a request; each request is a chat of its own."""
        return [{"role": "user", "content": wanted.text()}]

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def _some(self, count: int) -> Sequence[Line]:
        while len(self._lines) < count:
            self._lines.append(self._open_line())
        return self._lines[:count]


class Served(OnLines):
    """Tidegate, asked by the bare client; every chat begins with the system prompt that `system` gives it."""

    def __init__(self, name: str, program: Program, system: Callable[[], str]) -> None:
        super().__init__(name, lambda: _to_tidegate(program), openai_body)
        self.program = program
        self._system = system

    async def settle(self) -> None:
        await self.program.quiet()

    def chat(self, wanted: Wanted) -> list[Message]:
        return [{"role": "system", "content": self._system()}, *super().chat(wanted)]


class Conversing(Served):
    """Tidegate in one conversation that goes on: each request brings the whole of it."""

    def __init__(self, name: str, program: Program, system: str) -> None:
        super().__init__(name, program, lambda: system)
        self._messages: list[Message] = [{"role": "system", "content": system}]

    def chat(self, wanted: Wanted) -> list[Message]:
        self._messages.append({"role": "user", "content": wanted.text()})
        return self._messages

    async def ask(self, wanted: Wanted, at_once: int = 1) -> list[Heard]:
        assert at_once == 1, "a conversation has one answer at a time"
        heard = await super().ask(wanted)
        self._messages.append({"role": "assistant", "content": heard[0].text})
        return heard


def wire(model_api_url: str) -> OnLines:
    """Straight to the model API."""
    return OnLines("wire", lambda: Line(model_api_url, "/v1/messages", {"x-api-key": SERVICE_KEY}), anthropic_body)


def always(system: str) -> Callable[[], str]:
    """The same system prompt for every chat."""
    return lambda: system


def ever_new(system: str) -> Callable[[], str]:
    """Another system prompt for every chat."""
    numbers = itertools.count(1)
    return lambda: f"{system} This is chat {next(numbers)}."


def _to_tidegate(program: Program) -> Line:
    return Line(program.address, "/v1/chat/completions", {"authorization": f"Bearer {KEY}"})
