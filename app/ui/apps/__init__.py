"""Chat apps and what each of them needs, as data for the Connect page. Pure; sources are the apps' own documents.

card.py    what a card is made of
asks.py    the requests of the tests: what an app of each kind really sends
chat.py    apps people chat in
tools.py   editors, agents, automation
"""

from __future__ import annotations

from app.ui.apps.card import KEY_MARK, App, Ask, Expected, Field, Place, shown
from app.ui.apps.chat import chat_apps
from app.ui.apps.tools import tools

__all__ = ["KEY_MARK", "App", "Ask", "Expected", "Field", "Place", "catalogue", "shown"]


def catalogue(place: Place) -> tuple[App, ...]:
    """Every app there is a card for, the most used first and the ones for any other app last."""
    return (*chat_apps(place), *tools(place))
