"""What a person is told unasked."""

from __future__ import annotations

from app.core.events import AccountChanged, Event, ExchangeStarted, RequestRefused
from app.tray.notifications import Notification, Notifications


def changed(kind: str, sentence: str = "So it is.") -> AccountChanged:
    return AccountChanged(kind, sentence, None, None)


def asks(page: str) -> RequestRefused:
    return RequestRefused("origin", "/v1/models", page)


def told(*events: Event) -> list[tuple[str, str]]:
    notifications = Notifications()
    return [(each.title, each.text) for event in events for each in notifications.after([event])]


def test_a_sign_in_that_ran_out_is_told_once_until_it_works_again():
    expired = changed("expired", "Your Claude sign-in has run out. Sign in again.")
    once = ("Sign in again", "Your Claude sign-in has run out. Sign in again.")
    assert told(expired, expired, changed("proven"), expired) == [once, once]


def test_a_limit_is_told_with_its_end_and_so_is_its_end():
    limited = changed("limited", "Your Claude plan's limit is reached. It works again at 15:45.")
    assert told(limited, limited, changed("proven"), changed("proven")) == [
        ("Limit reached", "Your Claude plan's limit is reached. It works again at 15:45."),
        ("Limit over", "Your Claude plan works again."),
    ]


def test_being_offline_for_a_moment_tells_nothing_and_hides_nothing():
    limited = changed("limited", "Limit.")
    assert told(changed("offline"), changed("proven"), limited, changed("offline"), limited) == [
        ("Limit reached", "Limit.")
    ]


def test_each_web_page_that_asks_is_told_once_and_not_without_end():
    events = [asks("https://chat.example"), asks("https://chat.example")]
    events += [asks(f"https://{number}.example") for number in range(100)]
    pages = [text.split()[0] for _, text in told(*events)]
    assert pages[:3] == ["https://chat.example", "https://0.example", "https://1.example"]
    assert len(pages) == 20


def test_requests_and_refusals_of_programs_tell_nothing():
    started = ExchangeStarted("r", "/v1/models", "default", "m", None, False, 1, 0, 0)
    assert told(started, RequestRefused("key", "/v1/models", None)) == []


def test_an_update_is_told_once_for_each_version():
    notifications = Notifications()
    versions = [notifications.update(version) for version in ("0.2", "0.2", "0.3")]
    assert [len(found) for found in versions] == [1, 0, 1]
    assert versions[0] == [
        Notification("Update available", "Tidegate 0.2 can be installed. See the dashboard."),
    ]
