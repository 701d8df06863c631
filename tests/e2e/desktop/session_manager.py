"""Stands in for the session manager of GNOME or MATE: programs register, are asked, and are told of the end."""

from __future__ import annotations

from typing import Self

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

MANAGER = "org.gnome.SessionManager"
CLIENT = "org.gnome.SessionManager.ClientPrivate"
PATH = "/org/gnome/SessionManager/Client1"


class SessionManager:
    """Lives inside `async with`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.registered: list[tuple[str, str]] = []
        """Name and start id of each program."""
        self.agreed: list[bool] = []

    async def __aenter__(self) -> Self:
        self._bus = await MessageBus(bus_address=self._address, bus_type=BusType.SESSION).connect()
        self._bus.add_message_handler(self._heard)
        await self._bus.request_name(MANAGER)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library's

    async def say(self, signal: str) -> None:
        """QueryEndSession, EndSession or CancelEndSession."""
        body = [] if signal == "CancelEndSession" else [0]
        await self._bus.send(Message.new_signal(PATH, CLIENT, signal, "u" if body else "", body))

    def _heard(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.interface, message.member:
            case str(interface), "RegisterClient" if interface == MANAGER:
                self.registered.append((str(message.body[0]), str(message.body[1])))
                return Message.new_method_return(message, "o", [PATH])
            case str(interface), "EndSessionResponse" if interface == CLIENT:
                self.agreed.append(bool(message.body[0]))
                return Message.new_method_return(message)
            case _:
                return None
