"""The chat app's tools, offered to the model under their own names, and never run here.

The CLI sees them as the tools of an MCP server that lives in this process. When the model calls one, a hook defers
the call: the turn ends, the app runs the tool and comes back with the result in its next request.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.neutral.turn import Tool

_DROPPED_NAMES = {"ToolSearch"}
"""Names the CLI keeps for itself: a tool called so would vanish without a word."""
_ALIAS_PREFIX = "app_"
_LONGEST_DESCRIPTION = 4_000
"""Characters; the CLI cuts off what is longer by a little."""


class Toolbox(msgspec.Struct, frozen=True):
    """The tools of one request, as the CLI gets them."""

    listed: tuple[Frame, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    """(name the model sees, name the app gave), where they differ."""

    @property
    def signature(self) -> bytes:
        """Equal for toolboxes that look the same to the model."""
        return msgspec.json.encode(self.listed)

    @property
    def names(self) -> frozenset[str]:
        """The names the model may call."""
        return frozenset(tool["name"] for tool in self.listed)

    @property
    def whole(self) -> list[Frame] | None:
        """The tools as the service takes them, where the CLI would cut a description short; None where it doesn't."""
        if all(len(tool["description"]) <= _LONGEST_DESCRIPTION for tool in self.listed):
            return None
        return [
            {"name": tool["name"], "description": tool["description"], "input_schema": tool["inputSchema"]}
            for tool in self.listed
        ]

    def original(self, name: str) -> str:
        """The app's own name for the name the model called."""
        return dict(self.aliases).get(name, name)

    def seen(self, name: str) -> str:
        """The name under which the model sees the app's tool `name`."""
        return next((alias for alias, original in self.aliases if original == name), name)

    def answer(self, message: Frame) -> Frame:
        """The JSON-RPC response to one MCP message of the CLI; a tool call never gets here, the hook defers it."""
        match message.get("method"):
            case "initialize":
                result: Frame = {
                    "protocolVersion": message["params"]["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "chat-app", "version": "1"},
                }
            case "tools/list":
                result = {"tools": list(self.listed)}
            case _:
                result = {}
        return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}


def toolbox(tools: Sequence[Tool]) -> Toolbox:
    """The toolbox for the tools of a turn; schemas and descriptions go as they are."""
    taken = {tool.name for tool in tools}
    listed: list[Frame] = []
    aliases: list[tuple[str, str]] = []
    for tool in tools:
        name = tool.name
        while name in _DROPPED_NAMES or (name != tool.name and name in taken):
            name = _ALIAS_PREFIX + name
        if name != tool.name:
            aliases.append((name, tool.name))
        listed.append(
            {
                "name": name,
                "description": tool.description or "",
                "inputSchema": dict(tool.input_schema),
                "annotations": {"readOnlyHint": True},  # else the CLI would call them one after the other
                "_meta": {"anthropic/alwaysLoad": True},
            }
        )
    return Toolbox(tuple(listed), tuple(aliases))
