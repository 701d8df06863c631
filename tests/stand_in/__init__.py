"""A scripted model API on loopback that the real CLI and the real `anthropic` package talk to.

async with StandIn() as stand_in:
    ...                                             # point a client at stand_in.url
    wanting(say("Hel", "lo"), "Hi")                 # a chat text that carries its own answer
    stand_in.answer_next(Refusal(429), say("Hi"))   # or: the next answers, in order
    stand_in.requests[0].body                       # what the client really sent
"""

from tests.stand_in.answer import (
    Answer,
    Break,
    CallTool,
    Counts,
    Cut,
    Redact,
    Refusal,
    Say,
    Script,
    Silence,
    Stall,
    Think,
    say,
    unified_limit,
    wanting,
)
from tests.stand_in.environment import KEY, engine_environment
from tests.stand_in.refusals import WRONG_KEY
from tests.stand_in.request import Request
from tests.stand_in.server import StandIn

__all__ = [
    "KEY",
    "WRONG_KEY",
    "Answer",
    "Break",
    "CallTool",
    "Counts",
    "Cut",
    "Redact",
    "Refusal",
    "Request",
    "Say",
    "Script",
    "Silence",
    "Stall",
    "StandIn",
    "Think",
    "engine_environment",
    "say",
    "unified_limit",
    "wanting",
]
