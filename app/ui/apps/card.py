"""What the card of an app is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

KEY_MARK = "<your key>"
"""Stands where the key belongs, in fields and in headers: a page asks for the key only when a person copies it."""

IN_DOCKER = (
    "In Docker, write host.docker.internal in place of 127.0.0.1, and add that name in Tidegate's Settings, Access, to "
    "the names of this computer on the network. On Linux, Tidegate has to listen beyond this computer as well."
)
"""For apps that often run in a container, which is another machine."""

Works: TypeAlias = Literal["yes", "partly", "untried", "no"]
"""untried: it should, but nobody has seen it."""
Group: TypeAlias = Literal["chat", "tool", "any"]
"""chat: apps people chat in. tool: editors, agents, automation. any: for every app that has no card of its own."""
Expected: TypeAlias = Literal["models", "chunks", "reply", "message_events", "message", "absent", "permission"]
"""models: OpenAI's list with at least one. chunks, reply: OpenAI's chat, as a stream or whole. message_events, message:
Anthropic's, as a stream or whole. absent: 404, else the app takes Tidegate for another program. permission: the
preflight lets the page's origin in."""


class Place(msgspec.Struct, frozen=True):
    """What goes into the fields."""

    address: str
    """http://127.0.0.1:3456, without a slash at its end."""
    model: str

    @property
    def base(self) -> str:
        return f"{self.address}/v1"


class Field(msgspec.Struct, frozen=True):
    """One thing to enter in the app, under the name it has there."""

    label: str
    value: str
    copy: bool = True
    """False: to be chosen there, not pasted."""

    @property
    def secret(self) -> bool:
        return KEY_MARK in self.value

    @property
    def multiline(self) -> bool:
        return "\n" in self.value


class Ask(msgspec.Struct, frozen=True):
    """One request of a test, as the app would send it."""

    sentence: str
    """What is tried, for a person."""
    method: Literal["GET", "POST", "OPTIONS"]
    path: str
    expects: Expected
    headers: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, object] | None = None


class App(msgspec.Struct, frozen=True):
    """An app and how it is set up."""

    id: str
    name: str
    works: Works
    sentence: str
    """What to expect, honestly."""
    fields: tuple[Field, ...] = ()
    steps: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    """The test, in order; empty: there is nothing to test."""
    group: Group = "chat"


def shown(app: App) -> dict[str, object]:
    """The card as the page gets it."""
    return {
        "id": app.id,
        "name": app.name,
        "group": app.group,
        "works": app.works,
        "sentence": app.sentence,
        "fields": [
            {
                "label": field.label,
                "value": field.value,
                "copy": field.copy,
                "secret": field.secret,
                "multiline": field.multiline,
            }
            for field in app.fields
        ],
        "steps": list(app.steps),
        "test": bool(app.asks),
    }
