"""Examines what a person sees of Tidegate: tray, window, start at login."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from app.commandline.doctor.finding import Finding, good, note
from app.core.own_command import own_command
from app.tray.autostart import LoginStart, autostart_of
from app.tray.board import NoTray
from app.tray.icon import can_show
from app.ui.window import NoWebView, require_web_view


def tray(environ: Mapping[str, str]) -> Sequence[Finding]:
    """Libraries and message bus are there, and a desktop that shows icons."""
    try:
        hosted = can_show(environ)
    except NoTray as error:
        return [note("tray", str(error), "Tidegate works without; the dashboard shows the same.")]
    if not hosted:
        advice = "On GNOME, install the extension AppIndicator. Tidegate works without; start it again for its window."
        return [note("tray", "This desktop shows no tray icons.", advice)]
    return [good("tray", "An icon can be shown.")]


def window(environ: Mapping[str, str]) -> Sequence[Finding]:
    """Something to show the dashboard with."""
    if sys.platform == "linux" and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return [note("window", "There is no screen.", "`tidegate dashboard` prints a link for a browser.")]
    try:
        require_web_view()
    except NoWebView as error:
        return [note("window", str(error), "Until then the dashboard opens in the browser.")]
    return [good("window", "The system has a web view for it.")]


def autostart(environ: Mapping[str, str]) -> Sequence[Finding]:
    """As the system tells it."""
    login = LoginStart(autostart_of(own_command(environ, quiet=True), environ))
    if not login.is_on():
        return [good("autostart", "Tidegate does not start when you log in.")]
    if not login.is_this_one():
        advice = "`tidegate autostart on` makes it this one."
        return [note("autostart", "What starts when you log in is another copy of Tidegate than this one.", advice)]
    return [good("autostart", "Tidegate starts when you log in.")]
