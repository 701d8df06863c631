"""Whether Tidegate may be reached from other machines or without its key, and how that is said. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.environment import Method
from app.core.errors import UsageError

_MAY_BE_SHARED = {Method.API_KEY, Method.KEPT_KEY, Method.BEDROCK, Method.VERTEX, Method.FOUNDRY}
"""Those whose terms leave it to the account's owner who uses it; a plan's sign-in is for one person here."""


def refuse_unsafe(host: str, method: Method, *, any_key: bool) -> None:
    """For a host beyond this computer: raises UsageError unless a key is asked for and the credential may be shared."""
    where = f"Tidegate may not listen beyond this computer (server.host = {host})"
    if any_key:
        raise UsageError(f"{where} while it accepts any key. Set access.any_key to false, or use 127.0.0.1.")
    if method not in _MAY_BE_SHARED:
        raise UsageError(
            f"{where} with this way to Claude ({method.label}): only with an API key or a cloud provider. "
            "Set ANTHROPIC_API_KEY, or use 127.0.0.1."
        )


def notices(addresses_beyond: Sequence[str], *, any_key: bool, ollama: bool) -> tuple[str, ...]:
    """What a person must know about who gets in; nothing when it is as it is meant to be."""
    told = []
    if addresses_beyond:
        told.append(
            f"Other machines can reach Tidegate at {', '.join(addresses_beyond)}: whoever has a key uses your account. "
            "What travels there is not encrypted."
        )
    if any_key:
        told.append(
            "Any key is accepted (access.any_key): every program on this computer gets in"
            f"{', through the addresses of Ollama even without a key' if ollama else ''}."
        )
    return tuple(told)
