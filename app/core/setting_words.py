"""What each setting is called on the dashboard, and why somebody might change it, in words for people.

`settings.py` says the same to programmers. A test holds the two together: whatever can be set has its words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    reason: str
    """What it does, and what speaks for another value."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What each choice is called, where there is a list of them."""
    empty: str = ""
    """What it means to leave the field empty, where that is possible."""


WORDS: Mapping[str, Words] = {
    "server.host": Words(
        "Listen on",
        "127.0.0.1 lets in programs on this computer only, which is safest. 0.0.0.0 also lets in other machines that "
        "have a key, and works only with an API key or a cloud provider as the way to Claude.",
    ),
    "server.port": Words(
        "Port",
        "The number at the end of the address. Change it when another program needs this one; Tidegate moves at once, "
        "and tells you which apps need the new address. 0 takes any free one.",
    ),
    "server.body_limit_mb": Words(
        "Largest request",
        "A chat with many pictures or documents can get this big. Claude itself takes up to 32 MB.",
    ),
    "server.body_seconds": Words(
        "Time to send a request",
        "An app that takes longer to send its question is cut off. More helps with big documents on a slow disk.",
    ),
    "server.drain_seconds": Words(
        "Let answers end when closing",
        "How long answers that have begun may go on after you quit or restart Tidegate.",
    ),
    "server.hard_exit_seconds": Words(
        "Close at the latest after",
        "Then Tidegate ends, whatever is still going on. It can't be shorter than the time for answers to end.",
    ),
    "server.ollama": Words(
        "Serve Ollama's interface too",
        "Some apps know only Ollama. With this on they find Claude here, but other apps may take Tidegate for Ollama.",
    ),
    "engine.choice": Words(
        "How answers are made",
        "Automatic fits what you chose under Claude. The others are for trying something out on purpose.",
        {
            "auto": "Automatic",
            "agent": "Claude Agent SDK",
            "direct": "Messages API, with an API key",
            "demo": "Demo only",
        },
    ),
    "engine.queue_seconds": Words(
        "Wait for a turn at most",
        "When all places are taken, a question waits this long for one before the app is told to try again.",
    ),
    "engine.start_seconds": Words(
        "Time for the engine to start",
        "Most computers need a second or two. More helps where an antivirus program looks at everything first.",
    ),
    "engine.first_token_seconds": Words(
        "Wait for the first words",
        "From your question to Claude's first sign of life. Very long chats can take a minute.",
    ),
    "engine.idle_seconds": Words(
        "Wait between words",
        "An answer that stops in the middle for longer than this counts as broken off.",
    ),
    "engine.total_seconds": Words(
        "A whole answer at most",
        "The longest an answer may take. Chats need a minute or two; programs that let Claude think long need more.",
    ),
    "engine.concurrency": Words(
        "Answers at once",
        "How many questions are answered at the same time. With a sign-in or a cloud provider each takes about 100 MB "
        "of memory.",
    ),
    "engine.queue_length": Words(
        "Questions that may wait",
        "When all places are taken, so many more may wait; the next app is told to try again. 0 lets nobody wait.",
    ),
    "engine.spares": Words(
        "Ready ahead of time",
        "Engine processes that are started before you ask, so that a new chat answers a third of a second sooner. "
        "Each takes about 100 MB of memory.",
    ),
    "engine.bound_processes": Words(
        "Kept ready for known apps",
        "Engine processes kept for apps that were here before, so that their next question starts at once.",
    ),
    "engine.process_idle_minutes": Words(
        "End an unused process after",
        "Less frees memory sooner; more answers sooner after a break.",
    ),
    "engine.recycle_requests": Words(
        "Renew a process after",
        "An engine process is replaced after so many answers, before it slowly takes more and more memory.",
    ),
    "engine.recycle_mb": Words(
        "Renew a process beyond",
        "An engine process that takes more memory than this is replaced. A fresh one takes about 170 MB.",
    ),
    "engine.thinking_allowance": Words(
        "Room for thinking",
        "Some apps allow an answer only so many tokens, and Claude's thinking counts too. So many are added, so that "
        "something is left for the answer.",
    ),
    "model.default": Words(
        "Usual model",
        "Answers apps that name no model. The dashboard shows it for copying, too.",
        empty="the first in the list",
    ),
    "model.hidden": Words(
        "Hidden models",
        "Keeps the list that apps show short. An app that asks for one of these by name still gets its answer.",
        empty="none",
    ),
    "model.aliases": Words(
        "Other names for models",
        "For apps that insist on a name such as gpt-4o: write the app's name, =, and the model that shall answer.",
        empty="none",
    ),
    "model.list_aliases": Words(
        "Show those names to apps",
        "Puts other names, also built-in ones such as gpt-4o and opus, in the list of models that apps get.",
    ),
    "access.allowed_origins": Words(
        "Web pages that may call",
        "A chat app that is a web page gets answers only when its page stands here.",
        empty="none",
    ),
    "access.allowed_hosts": Words(
        "Names of this computer on the network",
        "Only for other machines on your network: the names they may use for this computer, such as tidegate.lan.",
        empty="none",
    ),
    "access.any_key": Words(
        "Accept any key",
        "For apps that can't be given a key. Every program on this computer can then use your account.",
    ),
    "session.ttl_minutes": Words(
        "Forget a session after",
        "A conversation that an app continues by key is forgotten when nobody used it for so long.",
    ),
    "upkeep.auth_refresh_hours": Words(
        "Look after the sign-in every",
        "Tidegate lets Claude Code renew your sign-in before it runs out, which is after about 8 hours. 0 never does.",
    ),
    "history.days": Words(
        "Keep single requests",
        "How far back the list of requests goes. It holds names and numbers, never what was said.",
    ),
    "history.total_days": Words(
        "Keep daily sums",
        "How far back the sums of each day go.",
    ),
    "updates.check": Words(
        "Look for newer versions once a day",
        "Asks Tidegate's makers whether there is one. Nothing about you or this computer goes with it.",
    ),
    "updates.skipped": Words(
        "Don't tell me of",
        "A version you chose to skip. Empty the field to be told of it again.",
        empty="none",
    ),
    "updates.feed": Words(
        "Ask somewhere else",
        "Only for companies that hand out versions themselves. What comes must be signed by Tidegate's makers.",
        empty="Tidegate's makers",
    ),
    "tray.notifications": Words(
        "Notifications",
        "Tells you when you have to do something, such as sign in again. The icon shows it either way.",
    ),
    "tray.icon": Words(
        "Look of the icon",
        "Choose what can be seen best on your panel or task bar.",
        {"colour": "In colour", "light": "Light, for dark panels", "dark": "Dark, for light panels"},
    ),
    "log.level": Words(
        "Write down",
        "More helps to find out what goes wrong; the log grows faster then. It never holds what was said.",
        {"debug": "Everything", "info": "The usual", "warning": "Warnings and errors", "error": "Errors only"},
    ),
    "log.file_mb": Words("Size of a log file", "Then a new file begins."),
    "log.files": Words("Log files kept", "Older ones are deleted."),
}
"""In the order of the settings; `section.field`."""
