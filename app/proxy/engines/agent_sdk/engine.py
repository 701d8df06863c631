"""Answers turns through the Claude Agent SDK: leases a process, gives it the conversation, passes its words on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from app.core.conditions import Condition
from app.proxy.engines import TokenCount
from app.proxy.engines.agent_sdk.account import Account, LimitWindow
from app.proxy.engines.agent_sdk.captures import Captures
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.estimate import estimated_tokens
from app.proxy.engines.agent_sdk.faults import fault_of_end, fault_of_result
from app.proxy.engines.agent_sdk.limits import AgentLimits
from app.proxy.engines.agent_sdk.orphans import ledger_in
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.planning import Plan, aliased, fitted_to_the_cli, planned, taken_through_the_cli
from app.proxy.engines.agent_sdk.pool import Pool
from app.proxy.engines.agent_sdk.process import CliProcess, SurprisedError
from app.proxy.engines.agent_sdk.self_test import Mechanisms
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.translate import TurnStream
from app.proxy.engines.agent_sdk.transport import ControlRefused, Frame, ProcessEnded
from app.proxy.engines.agent_sdk.turnstile import Turnstile
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.engines.faults import fault_of
from app.proxy.engines.insistence import insisting
from app.proxy.engines.lessons import Lessons
from app.proxy.engines.reach import EngineFacts
from app.proxy.neutral.fault import Fault, Refused
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import Accepted, Failed, Started, StopReason, StreamEvent
from app.proxy.neutral.turn import AssistantMessage, ToolResult, Turn

log = logging.getLogger(__name__)

_STAYS_IN_HISTORY = {StopReason.END_TURN, StopReason.STOP_SEQUENCE, StopReason.TOOL_USE}


class AgentEngine:
    """Implements `app.proxy.engines.Engine` for people signed in to Claude Code and for cloud providers."""

    name = "agent"

    def __init__(
        self,
        command: Callable[[], Command],
        run_folder: Path,
        limits: AgentLimits | None = None,
        *,
        prove: Callable[[], Awaitable[Mechanisms]] | None = None,
        may_start: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`command` gives the command for a new process; asked each time, so that a repair needs no restart.

        `run_folder`: where it is noted which processes live; `prove`: the self-test, without which all is believed.

        `may_start`: waited for before a turn or a process starts; raises Refused when nothing may.
        """
        limits = limits or AgentLimits()
        self._limits = limits
        self.account = Account()
        self._pool = Pool(command, limits.pool, self.account.note_bound, ledger_in(run_folder), may_start)
        self._turnstile = Turnstile(
            running=limits.turns_at_once, waiting=limits.turns_waiting, wait_seconds=limits.wait_seconds
        )
        self._captures = Captures()
        self._lessons = Lessons()
        self._prove = prove
        self._first: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the first process in the background; it tells the models and then serves chats without a prompt."""
        logging.getLogger("claude_agent_sdk").setLevel(logging.CRITICAL)  # what it says comes again as our own
        self._pool.start()
        self._first = asyncio.create_task(self._introduce(), name="first process")

    async def close(self) -> None:
        if self._first:
            self._first.cancel()
            await asyncio.wait([self._first])
        await self._pool.close()

    def notices(self) -> tuple[str, ...]:
        """Which mechanisms of the CLI failed the self-test and are not used."""
        names = (name.replace("_", " ") for name in self._pool.mechanisms.missing)
        return tuple(f"The engine works without {name}: this version of its program does not do it." for name in names)

    def forget_processes(self) -> None:
        """Serve no further turn with a process that there is now: the account or the environment has changed."""
        self._pool.forget_all()

    def forget_account(self) -> None:
        """The same, and whose account it was: somebody has signed in or out."""
        self.forget_processes()
        self.account.forget()

    def sweep(self) -> None:
        """End processes that have been idle for too long; called now and then."""
        self._pool.sweep()

    def facts(self) -> EngineFacts:
        """What processes have told in passing."""
        return self.account.facts()

    async def models(self) -> tuple[ServedModel, ...]:
        if not self.account.known and self._first:
            if self._first.done():  # it failed, perhaps for a passing reason
                self._first = asyncio.create_task(self._introduce(), name="first process")
            await asyncio.shield(self._first)
        return self.account.models

    async def count_tokens(self, turn: Turn) -> TokenCount:
        return TokenCount(estimated_tokens(turn), exact=False)

    def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        return insisting(lambda: self._answer(turn), turn.tool_choice)

    async def _answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        """One answer; asked for anew, once, when the service's refusal teaches what to leave out."""
        begun = False
        fitted, ignored = self._fitted(turn)
        async with aclosing(self._attempt(fitted, ignored)) as events:
            async for event in events:
                begun = begun or isinstance(event, Started)
                if not begun and isinstance(event, Failed) and self._learn(fitted, event.fault):
                    break
                yield event
            else:
                return
        fitted, ignored = self._fitted(turn)
        async with aclosing(self._attempt(fitted, ignored)) as events:
            async for event in events:
                yield event

    def _learn(self, sent: Turn, fault: Fault) -> bool:
        return fault.code == Condition.REQUEST_REFUSED.code and self._lessons.learn(sent, fault.message)

    async def _attempt(self, fitted: Turn, ignored: tuple[str, ...]) -> AsyncGenerator[StreamEvent, None]:
        yield Accepted(ignored)
        try:
            plan = planned(fitted, self._captures)
            await self._proven(plan)
            async with self._turnstile.place():
                process = await self._told(plan)
                try:
                    yield Accepted(ignored)  # the wait for a place and a start is over: the model's own time begins
                    async with aclosing(self._exchange(process, plan)) as events:
                        async for event in events:
                            yield event
                finally:
                    self._pool.give_back(process)
        except Refused as refused:
            yield Failed(refused.fault)
        except ProcessEnded as ended:
            log.warning("the engine's process ended in an answer: %s (exit code %s)", ended, ended.exit_code)
            yield Failed(fault_of_end(ended))
        except (ControlRefused, SurprisedError) as error:  # its words may quote the chat
            log.warning("the engine's process refused what it was asked: %s", type(error).__name__)
            yield Failed(fault_of(Condition.ENGINE_FAILED))

    async def _told(self, plan: Plan) -> CliProcess:
        """A process that holds the conversation; another one when it turns out to have died meanwhile, or to be odd.

        Nothing has been asked of the model yet, so that trying once more costs nobody anything.
        """
        wanted = Wanted(plan.system, plan.before, plan.settings.model)
        try:
            return await self._told_one(plan, wanted)
        except (ProcessEnded, SurprisedError) as error:
            log.info("a process could not take a conversation, another one is tried: %s", error)
            return await self._told_one(plan, wanted)

    async def _told_one(self, plan: Plan, wanted: Wanted) -> CliProcess:
        process = await self._pool.lease(wanted, plan.settings, plan.toolbox)
        try:
            await process.adopt(wanted, plan.settings, plan.toolbox)
        except BaseException:
            self._pool.give_back(process)
            raise
        return process

    async def _exchange(self, process: CliProcess, plan: Plan) -> AsyncGenerator[StreamEvent, None]:
        limit: LimitWindow | None = None

        def fault(result: Frame) -> Fault:
            return fault_of_result(result, limit or self.account.reached_limit(plan.settings.model), now=time.time())

        stream = TurnStream(plan.toolbox, fault)
        builder = ReplyBuilder()
        async with aclosing(process.ask(plan.asked, plan.settings, plan.toolbox)) as frames:
            async for frame in frames:
                limit = self.account.note_frame(frame) or limit
                events = stream.translate(frame)
                for event in events:
                    builder.add(event)
                if stream.over:
                    self._note_answer(process, plan, builder)
                for event in events:
                    yield event
                if stream.over:
                    return

    def _note_answer(self, process: CliProcess, plan: Plan, builder: ReplyBuilder) -> None:
        """Keep what was answered, before the app can come back with it."""
        reply = builder.result()
        if not isinstance(reply, Reply) or reply.reason not in _STAYS_IN_HISTORY or not process.finished:
            return
        answer = aliased(AssistantMessage(reply.content), plan.toolbox)
        process.answered(answer)
        self._captures.remember(plan.system, (*plan.before, plan.asked), answer)

    def _fitted(self, turn: Turn) -> tuple[Turn, tuple[str, ...]]:
        model = taken_through_the_cli(turn.model, self.account.models)
        return fitted_to_the_cli(turn, model, self._lessons.of(turn.model), self._limits.thinking_allowance)

    async def _introduce(self) -> None:
        if self._prove:
            try:
                self._pool.mechanisms = await self._prove()
            except (OSError, ProcessEnded, SurprisedError, TimeoutError) as error:
                log.warning("the engine's self-test could not be run: %s", type(error).__name__)
        with contextlib.suppress(Refused, ProcessEnded, SurprisedError):
            nothing = Wanted("", (), "default")
            self._pool.give_back(await self._pool.lease(nothing, Settings(nothing.model), Toolbox()))

    async def _proven(self, plan: Plan) -> None:
        """Wait for the self-test where it still runs; raises Refused for a turn that could not be served truly."""
        if self._prove and self._first and not self._first.done():
            await asyncio.shield(self._first)
        works = self._pool.mechanisms
        after_a_tool = any(isinstance(block, ToolResult) for block in plan.asked.content)
        resumes = works.resume and not after_a_tool  # a resumed session would lose the result
        if not works.verbatim or (plan.before and not works.history and not resumes):
            raise Refused(fault_of(Condition.ENGINE_MISSING))
