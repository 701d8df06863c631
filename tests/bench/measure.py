"""The measurements, one function each; every one takes its ways to an answer in turn, round by round."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from tests.bench.chat import Wanted
from tests.bench.figures import CpuShare, Loop, Memory, Paced, Spread, Streams, spread
from tests.bench.heard import Heard, problem_of
from tests.bench.programs import Cpu, Program
from tests.bench.subjects import Served, Subject
from tests.bench.wire import healthy

SHORT = Wanted(5)
PACED = Wanted(200, pause_ms=5)
STREAM = Wanted(100, pause_ms=20)
LOOPED = Wanted(20)
Say = Callable[[str], None]


async def first_tokens(subjects: Sequence[Subject], rounds: int, say: Say) -> dict[str, list[float]]:
    """Milliseconds to the first token of a short answer; the first round warms up and is not counted."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for subject in subjects:
            await subject.settle()
            (heard,) = await subject.ask(SHORT)
            _demand([heard], SHORT, subject)
            if number:
                found[subject.name].append(heard.first * 1000)
        say(f"first token: round {number} of {rounds}")
    return found


async def paced(subjects: Sequence[Subject], rounds: int, say: Say) -> dict[str, Paced]:
    """Long answers at a steady pace, one at a time."""
    heard: dict[str, list[Heard]] = defaultdict(list)
    used: dict[str, Cpu] = defaultdict(lambda: Cpu(0, 0))
    for number in range(rounds):
        for subject in subjects:
            await subject.settle()
            before = _cpu(subject)
            answers = await subject.ask(PACED)
            used[subject.name] += _cpu(subject) - before
            _demand(answers, PACED, subject)
            heard[subject.name] += answers
        say(f"200 tokens at 5 ms: round {number + 1} of {rounds}")
    base = statistics.median(_per_token(answer) for answer in heard["wire"])
    return {
        subject.name: _paced(
            heard[subject.name], base, _share(used[subject.name], rounds * PACED.tokens / 1000, subject)
        )
        for subject in subjects
    }


async def streams(subjects: Sequence[Subject], at_once: int, times: int, say: Say) -> dict[str, Streams]:
    """Many answers at the same time."""
    heard: dict[str, list[list[Heard]]] = defaultdict(list)
    used: dict[str, Cpu] = defaultdict(lambda: Cpu(0, 0))
    for number in range(times):
        for subject in subjects:
            await subject.settle()
            before = _cpu(subject)
            answers = await subject.ask(STREAM, at_once)
            used[subject.name] += _cpu(subject) - before
            heard[subject.name].append(answers)
            if problem := problem_of(answers, STREAM.tokens):
                say(f"{subject.name}, {at_once} at once: {problem}")
        say(f"{at_once} streams at once: {number + 1} of {times}")
    thousands = times * at_once * STREAM.tokens / 1000
    return {
        subject.name: _streams(at_once, heard[subject.name], _share(used[subject.name], thousands, subject))
        for subject in subjects
    }


async def loops(kinds: Sequence[tuple[Served, int, int]], times: int, say: Say) -> list[tuple[str, Loop]]:
    """Closed loops of short answers; a kind is (way, clients at once, requests)."""
    rates: list[list[float]] = [[] for _ in kinds]
    failed = [0] * len(kinds)
    used = [Cpu(0, 0)] * len(kinds)
    for number in range(times):
        for kind, (subject, at_once, requests) in enumerate(kinds):
            await subject.settle()
            before, begun = subject.program.cpu(), time.perf_counter()
            heard = await subject.loop(LOOPED, at_once, requests)
            rates[kind].append(requests / (time.perf_counter() - begun))
            used[kind] += subject.program.cpu() - before
            problems = [problem for answer in heard if (problem := problem_of([answer], LOOPED.tokens))]
            failed[kind] += len(problems)
            for problem in problems[:1]:
                say(f"{subject.name}, {at_once} at once, {len(problems)} failed: {problem}")
            say(f"loop {number + 1} of {times}: {subject.name}, {at_once} at once, {rates[kind][-1]:.0f} a second")
    return [
        (
            subject.name,
            Loop(at_once, spread(rates[kind]), failed[kind], times * requests, _per_100(used[kind], times * requests)),
        )
        for kind, (subject, at_once, requests) in enumerate(kinds)
    ]


async def memory(subject: Served, warm_up: int, requests: int, say: Say) -> Memory:
    """Memory of a program that has just started, and what work does to it."""
    program = subject.program
    await subject.ask(SHORT)  # with it, everything that is loaded late has been
    await program.quiet()
    idle = program.own_megabytes()
    await subject.loop(LOOPED, 4, warm_up)
    await program.quiet()
    warm, each = program.own_megabytes(), program.megabytes_per_child()
    await subject.loop(LOOPED, 4, requests)
    await program.quiet()
    after = program.own_megabytes()
    say(f"memory of {subject.name}: {idle:.0f} MB idle, {warm:.0f} MB warm, {after:.0f} MB after {requests} requests")
    return Memory(idle, warm, after, requests, each)


async def starts(kinds: Mapping[str, Callable[[], Program]], times: int, say: Say) -> dict[str, Spread]:
    """Milliseconds from the program's start to its first answer on /health."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(times):
        for name, program in kinds.items():
            begun = time.perf_counter()
            async with program() as started:
                await healthy(started.address)
                found[name].append((time.perf_counter() - begun) * 1000)
        say(f"starts: {number + 1} of {times}")
    return {name: spread(values) for name, values in found.items()}


def by_rounds(more: Sequence[float], less: Sequence[float]) -> Spread:
    """The differences of two ways, each within its round."""
    return spread([a - b for a, b in zip(more, less, strict=True)])


def _demand(answers: Sequence[Heard], wanted: Wanted, subject: Subject) -> None:
    if problem := problem_of(answers, wanted.tokens):
        raise RuntimeError(f"{subject.name}: {problem}")


def _cpu(subject: Subject) -> Cpu:
    return subject.program.cpu() if isinstance(subject, Served) else Cpu(0, 0)


def _share(used: Cpu, thousands: float, subject: Subject) -> CpuShare | None:
    return CpuShare(used.own / thousands, used.children / thousands) if isinstance(subject, Served) else None


def _per_token(answer: Heard) -> float:
    (first, _), *_, (last, _) = answer.deltas
    return (last - first) * 1000 / (len(answer.deltas) - 1)


def _per_100(used: Cpu, requests: int) -> CpuShare:
    return CpuShare(used.own * 100 / requests, used.children * 100 / requests)


def _paced(answers: Sequence[Heard], base: float, cpu: CpuShare | None) -> Paced:
    return Paced(
        total_ms=spread([answer.seconds * 1000 for answer in answers]),
        added_per_token_ms=statistics.median(map(_per_token, answers)) - base,
        lost=sum(answer.lost(PACED.tokens) for answer in answers),
        unmerged_share=_unmerged(answers, PACED.tokens),
        cpu_per_1000_tokens=cpu,
    )


def _streams(at_once: int, runs: Sequence[Sequence[Heard]], cpu: CpuShare | None) -> Streams:
    answers = [answer for run in runs for answer in run]
    whole = [answer for answer in answers if not answer.failed and answer.deltas]
    return Streams(
        at_once=at_once,
        total_ms=spread([max(answer.seconds for answer in run) * 1000 for run in runs]),
        first_ms=spread([answer.first * 1000 for answer in whole]),
        worst_gap_ms=max(answer.worst_gap for answer in whole) * 1000,
        lost=sum(answer.lost(STREAM.tokens) for answer in whole),
        unmerged_share=_unmerged(whole, STREAM.tokens),
        failed=len(answers) - len(whole),
        cpu_per_1000_tokens=cpu,
    )


def _unmerged(answers: Sequence[Heard], tokens: int) -> float:
    return sum(answer.unmerged(tokens) for answer in answers) / (len(answers) * tokens)
