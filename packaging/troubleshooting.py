"""Writes docs/troubleshooting.md out of the program's own sentences:  python packaging/troubleshooting.py

A test compares: a sentence that changes in `app/core/conditions.py` changes there too.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.core.account_state import ABOUT_THE_ACCOUNT  # noqa: E402 - from the source beside this script
from app.core.conditions import Condition  # noqa: E402 - from the source beside this script

BEFORE = """# Troubleshooting

What your chat app shows, the dashboard's list of requests says in the same words; what is about your account, the tray
and the overview say too, beside a button. `tidegate doctor` looks at everything that commonly goes wrong and says what
to do (on Windows `tidegate-console doctor`, in the folder Tidegate is installed in). The newest lines of the log are on
the dashboard; nothing you wrote is in it.

| what you read | the button beside it | for programs |
|---|---|---|
"""
AFTER = """
## When there is nothing to read

| what happens | what to do |
|---|---|
| No icon in the tray | On GNOME install the extension "AppIndicator". Start Tidegate again: it shows its window. |
| The app says "connection refused" | Tidegate does not run, or has another port: the dashboard shows the address. |
| "Port 3456 is taken" | The sentence names the other program. End it, or set `server.port`. |
| 401 from Tidegate itself | The app sends another key: copy it again. Unlock a keyring that was locked, and restart. |
| 403, "origin" | A web page that you have not allowed yet: see [connecting apps](connecting-apps.md#web-pages). |
| The app shows no models | Its address lacks `/v1`, or has one too many. |
| Answers stop when the computer sleeps | So does every connection. Ask again. |
| Antivirus software took a file away | Restore it, reinstall Tidegate, and let `tidegate doctor` have a look. |
| Windows warns before the installation | An unsigned version: see the README, and check the hash first. |
| "Tidegate is damaged" on macOS | The download is not whole, or not ours: check the hash and load it again. |
"""


def text() -> str:
    """The whole page."""
    rows = [f"| {each.sentence} | {_button(each)}| `{each.code}`, {each.status} |" for each in Condition]
    return BEFORE + "\n".join(rows) + "\n" + AFTER


def _button(condition: Condition) -> str:
    """What stands beside it where it is shown as the state; everything else is about a single request."""
    return f"{condition.action} " if condition in ABOUT_THE_ACCOUNT or condition is Condition.PAUSED else ""


if __name__ == "__main__":
    (ROOT / "docs" / "troubleshooting.md").write_text(text(), "utf-8")
