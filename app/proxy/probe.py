"""One tiny request through everything a real one goes through, to find out whether Claude answers."""

from __future__ import annotations

import secrets
from contextlib import aclosing

from app.core.commands import Outcome
from app.core.conditions import Condition
from app.proxy.neutral.fault import Fault, Refused
from app.proxy.neutral.reply import ReplyBuilder
from app.proxy.neutral.turn import Parameters, Text, Turn, UserMessage
from app.proxy.pipeline import Caller, Pipeline

NAME = "Tidegate"
"""Stands in the history where the name of an app's key would."""


async def probe(pipeline: Pipeline, *, path: str = "/auth/status") -> Outcome:
    """Ask the default model for a word, or another of Claude's where the demo is the default, which proves nothing;
    never raises for what goes wrong."""
    caller = Caller(secrets.token_hex(12), path, NAME, streaming=True)
    try:
        model = await pipeline.catalogue.proving()
    except Refused as refused:
        if refused.fault.code != Condition.NOT_CONFIGURED.code:  # there, nobody was asked
            pipeline.note_refusal(refused.fault, caller, "default")
        return Outcome(ok=False, sentence=refused.fault.message)
    turn = Turn(
        model=model,
        messages=(UserMessage((Text("Answer with the one word: yes"),)),),
        parameters=Parameters(max_output_tokens=16),
    )
    builder = ReplyBuilder()
    try:
        async with aclosing(pipeline.answer(turn, caller)) as events:
            async for event in events:
                builder.add(event)
    except Refused as refused:
        return Outcome(ok=False, sentence=refused.fault.message)
    result = builder.result()
    if isinstance(result, Fault):
        return Outcome(ok=False, sentence=result.message)
    return Outcome(ok=True, sentence=f"{result.model} answered.")
