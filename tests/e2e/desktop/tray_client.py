"""Stands in for a panel: the place where tray icons register, and a reader of their menus over D-Bus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
LIMIT_SECONDS = 30.0
READ_CLIPBOARD = """
from app.core.system_gi import find_gi
find_gi()
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk
print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text())
"""


@dataclass(frozen=True)
class Line:
    id: int
    label: str
    enabled: bool
    visible: bool
    checked: bool | None
    separator: bool


class Panel:
    """A StatusNotifierWatcher with a host, as KDE's or XFCE's panel is one. Lives inside `async with`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.items: list[tuple[str, str]] = []
        """Bus name and path of each registered icon, oldest first."""
        self.notified: list[tuple[str, str]] = []
        """Heading and text of each notification, when `notifications` is on."""
        self.signals: list[str] = []
        """What menus said about changes of themselves."""

    async def __aenter__(self) -> Self:
        self.bus = await MessageBus(bus_address=self._address, bus_type=BusType.SESSION).connect()
        self.bus.add_message_handler(self._heard)
        await self.bus.request_name(WATCHER)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library's

    async def show_notifications(self) -> None:
        """Be the notification daemon too."""
        await self.bus.request_name("org.freedesktop.Notifications")

    def _heard(self, message: Message) -> Message | None:
        if message.message_type is MessageType.SIGNAL:
            if message.interface == MENU:
                self.signals.append(str(message.member))
            return None
        match message.interface, message.member:
            case str(interface), "RegisterStatusNotifierItem" if interface == WATCHER:
                told = str(message.body[0])
                self.items.append(
                    (str(message.sender), told) if told.startswith("/") else (told, "/StatusNotifierItem")
                )
                return Message.new_method_return(message)
            case str(interface), "Get" if interface == PROPERTIES:
                value = {"IsStatusNotifierHostRegistered": Variant("b", True), "ProtocolVersion": Variant("i", 0)}
                asked = value.get(str(message.body[1]), Variant("as", []))
                return Message.new_method_return(message, "v", [asked])
            case str(interface), "GetAll" if interface == PROPERTIES:
                found = {"IsStatusNotifierHostRegistered": Variant("b", True), "ProtocolVersion": Variant("i", 0)}
                return Message.new_method_return(message, "a{sv}", [found])
            case "org.freedesktop.Notifications", "Notify":
                self.notified.append((str(message.body[3]), str(message.body[4])))
                return Message.new_method_return(message, "u", [len(self.notified)])
            case _:
                return None

    async def icon(self, number: int = 0) -> Icon:
        """The icon that registered as the `number`th, once it is there."""
        await until(lambda: len(self.items) > number)
        name, path = self.items[number]
        icon = Icon(self.bus, name, path)
        await icon.find_menu()
        return icon


class Icon:
    """A registered tray icon."""

    def __init__(self, bus: MessageBus, name: str, path: str) -> None:
        self._bus, self._name, self._path = bus, name, path
        self._menu = ""

    async def find_menu(self) -> None:
        end = time.monotonic() + LIMIT_SECONDS
        while not self._menu:
            try:
                self._menu = await self.property("Menu")
            except RuntimeError:
                assert time.monotonic() < end, "the icon has no menu"
                await asyncio.sleep(0.05)

    async def property(self, name: str) -> Any:
        [value] = await self._call(self._path, PROPERTIES, "Get", "ss", [ITEM, name])
        return value.value

    async def lines(self) -> list[Line]:
        """The whole menu, hidden lines included."""
        _, (_, _, children) = await self._call(self._menu, MENU, "GetLayout", "iias", [0, -1, []])
        return [_line(child.value) for child in children]

    async def labels(self) -> list[str]:
        """What a person sees."""
        return [line.label for line in await self.lines() if line.visible and not line.separator]

    async def shows(self, label: str) -> Line:
        """The line that begins so, once it is there to be seen."""
        end = time.monotonic() + LIMIT_SECONDS
        while True:
            lines = await self.lines()
            for line in lines:
                if line.visible and line.label.startswith(label):
                    return line
            assert time.monotonic() < end, f"no line {label!r} among {[line.label for line in lines if line.visible]}"
            await asyncio.sleep(0.05)

    async def click(self, label: str) -> int:
        """Click the line that begins so; returns its id."""
        line = await self.shows(label)
        assert line.enabled, label
        event = [line.id, "clicked", Variant("s", ""), int(time.time()) & 0xFFFFFFFF]
        await self._call(self._menu, MENU, "Event", "isvu", event)
        return line.id

    async def _call(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> list[Any]:
        asked = Message(
            destination=self._name, path=path, interface=interface, member=member, signature=signature, body=body
        )
        async with asyncio.timeout(LIMIT_SECONDS):
            answer = await self._bus.call(asked)
        assert answer is not None
        if answer.message_type is MessageType.ERROR:
            raise RuntimeError(f"{answer.error_name}: {answer.body}")
        return answer.body


async def until(look: Callable[[], object]) -> None:
    """Wait until there is something true to see."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while not look():  # noqa: ASYNC110  what is looked at belongs to another process
            await asyncio.sleep(0.05)


def _line(item: list[Any]) -> Line:
    number, properties, _ = item
    values = {name: variant.value for name, variant in properties.items()}
    checked = bool(values.get("toggle-state")) if values.get("toggle-type") else None
    return Line(
        number,
        str(values.get("label", "")).replace("__", "\0").replace("_", "").replace("\0", "_"),
        bool(values.get("enabled", True)),
        bool(values.get("visible", True)),
        checked,
        values.get("type") == "separator",
    )
