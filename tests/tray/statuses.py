"""A status to show, with whatever a test changes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from app.core.account_state import AccountState, Kind, action, sentence
from app.core.environment import Method
from app.core.status import Build, Status

NOON = 1_795_262_400.0


def status(account: AccountState | None = None, *, method: Method = Method.ACCOUNT, **more: Any) -> Status:
    """Proven a moment ago, unless said otherwise."""
    account = account or AccountState(Kind.PROVEN, None, NOON)
    label, command = action(account)
    shown = Status(
        account=account,
        sentence=sentence(account, NOON),
        action_label=label,
        action_command=command,
        address="http://127.0.0.1:3456",
        engine="agent",
        method_label=method.label,
        method_sentence=method.sentence,
        started_at=NOON,
        build=Build("0.1.0", "linux-x86_64", "3.11.2", None),
        windows=(),
        paused=False,
        running=0,
        notices=(),
        updates_problem="No versions are published yet that Tidegate could look for.",
    )
    return replace(shown, **more)
