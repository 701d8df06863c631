"""What a person reads when Tidegate is ready. Pure: values in, text out."""

from __future__ import annotations

import sys

import msgspec

from app.core.environment import Method
from app.core.secrets import KeptIn, LocalKey


class Ready(msgspec.Struct, frozen=True):
    """What there is to tell."""

    address: str
    key: LocalKey
    keyring_problem: str | None
    method: Method
    engine: str
    models: tuple[str, ...]
    """Ids to choose from, best first; the demo's last."""
    models_problem: str | None
    """Why Claude's models are not among them, as a sentence."""
    demo_model: str
    notices: tuple[str, ...] = ()
    """What a person must know about who gets in."""


def for_a_person(ready: Ready) -> str:
    """Everything needed to set up a chat app, and a line to try it with."""
    lines = [
        "Tidegate is ready. Give your chat app:",
        "",
        f"  address  {ready.address}/v1   (apps that speak Anthropic's shape: {ready.address})",
        f"  key      {ready.key.value}   ({_lasting(ready)})",
        f"  model    {_models(ready)}",
        "",
        f"In use: {ready.method.sentence}",
        *(f"Mind: {notice}" for notice in ready.notices),
        *([f"Claude's own models are not listed: {ready.models_problem}"] if ready.models_problem else []),
        "",
        "To try it, paste this into another terminal:",
        "",
        f"  {curl_line(ready, windows=sys.platform == 'win32')}",
        "",
        "Ctrl-C stops Tidegate.",
    ]
    return "\n".join(lines)


def beside_the_line(ready: Ready) -> str:
    """For whoever reads the log of `tidegate serve`: the key only when nothing else could tell it."""
    if ready.key.kept_in is KeptIn.SESSION:
        key = f"Key for chat apps: {ready.key.value} ({_lasting(ready)})"
    elif ready.key.kept_in is KeptIn.KEYRING:
        key = "Key for chat apps: `tidegate key show` prints it."
    else:
        key = "Key for chat apps: the one TIDEGATE_API_KEY sets."
    return "\n".join(
        [key, f"Engine: {ready.engine}. {ready.method.sentence}", *(f"Mind: {notice}" for notice in ready.notices)]
    )


def curl_line(ready: Ready, *, windows: bool) -> str:
    """Streams an answer of the demo, which needs no account; with another model's id it is Claude who answers."""
    body = f'{{"model":"{ready.demo_model}","stream":true,"messages":[{{"role":"user","content":"Hello!"}}]}}'
    if windows:  # PowerShell 5 takes the quotes out of an argument unless they are escaped
        body = body.replace('"', '\\"')
    return (
        f"{'curl.exe' if windows else 'curl'} -N {ready.address}/v1/chat/completions "
        f"-H 'Authorization: Bearer {ready.key.value}' -H 'Content-Type: application/json' -d '{body}'"
    )


def _lasting(ready: Ready) -> str:
    match ready.key.kept_in:
        case KeptIn.ENVIRONMENT:
            return "from TIDEGATE_API_KEY"
        case KeptIn.KEYRING:
            return "the same at every start; kept in the system's keyring"
        case KeptIn.SESSION:
            return f"for this session only. {ready.keyring_problem} TIDEGATE_API_KEY sets one that stays"


def _models(ready: Ready) -> str:
    return ", ".join(ready.models)
