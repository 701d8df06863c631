"""Which names this computer answers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_OWN = ("localhost", "127.0.0.1", "[::1]")


def is_own_host(hosts: Sequence[bytes], port: int, allowed: Iterable[str], *, called_address: str | None) -> bool:
    """Whether the one Host header names this computer, with the own port or none.

    A web page can make any name point here, and only this header gives it away (DNS rebinding). An address can't be
    made to point elsewhere: the one that another machine called is as good as localhost. `allowed`: names that a person
    gave this computer; `called_address`: None when no other machine may call.
    """
    names = {*_OWN, *(name.lower() for name in allowed)}
    if called_address:
        address = called_address.partition("%")[0]  # without the zone of a link-local one
        names.add(f"[{address}]" if ":" in address else address)
    own = {f"{name}{suffix}" for name in names for suffix in ("", f":{port}")}
    return len(hosts) == 1 and hosts[0].decode("latin-1").lower() in own
