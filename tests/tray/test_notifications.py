"""What a person is told unasked."""

from __future__ import annotations

from pathlib import Path

from app.core.bus import Noted
from app.core.events import AccountChanged, Event, ExchangeStarted, RequestRefused
from app.tray.notifications import Notification, Notifications

NOON = 1_795_262_400.0
ENDS = NOON + 3_600


def changed(kind: str, sentence: str = "So it is.", *, proven_at: float | None = None) -> AccountChanged:
    return AccountChanged(kind, sentence, proven_at, ENDS if kind == "limited" else None)


def asks(page: str) -> RequestRefused:
    return RequestRefused("origin", "/v1/models", page)


def told(*events: Event, by: Notifications | None = None, at: float = NOON) -> list[tuple[str, str]]:
    """Each event alone, one after the other."""
    notifications = by or Notifications()
    found = [notifications.after([Noted(1, at, event)]) for event in events]
    return [(each.title, each.text) for several in found for each in several]


EXPIRED = changed("expired", "Your Claude sign-in has run out. Sign in again.")
EXPIRED_IS_TOLD = ("Sign in again", "Your Claude sign-in has run out. Sign in again.")
LIMITED = changed("limited", "Your Claude plan's limit is reached. It works again at 15:45.")
LIMITED_IS_TOLD = ("Limit reached", "Your Claude plan's limit is reached. It works again at 15:45.")
ANSWERED = changed("proven", proven_at=NOON)


def test_a_sign_in_that_ran_out_is_told_once_until_claude_has_answered_again():
    assert told(EXPIRED, EXPIRED, ANSWERED, EXPIRED) == [EXPIRED_IS_TOLD, EXPIRED_IS_TOLD]


def test_somebody_who_signed_in_again_is_told_when_that_runs_out_too():
    assert told(EXPIRED, changed("signed_in"), EXPIRED) == [EXPIRED_IS_TOLD, EXPIRED_IS_TOLD]


def test_after_a_restart_which_forgets_and_remembers_it_is_not_told_again():
    forgets = changed("proven", proven_at=NOON - 60)
    expired = changed("expired", EXPIRED.sentence, proven_at=NOON - 60)
    assert told(expired, forgets, expired, changed("configured"), expired) == [EXPIRED_IS_TOLD]


def test_a_limit_is_told_with_its_end_and_so_is_an_answer_after_it():
    assert told(LIMITED, LIMITED, ANSWERED, ANSWERED) == [
        LIMITED_IS_TOLD,
        ("Limit over", "Your Claude plan works again."),
    ]


def test_a_limit_whose_end_has_come_should_be_over_but_a_restart_ends_none():
    notifications = Notifications()
    told(LIMITED, by=notifications)
    assert told(changed("configured"), by=notifications, at=ENDS - 1) == []
    assert told(changed("configured"), by=notifications, at=ENDS) == [
        ("Limit over", "Your Claude plan should work again.")
    ]


def test_an_end_that_is_told_a_little_differently_is_no_other_limit():
    other = changed("limited", "Your Claude plan's limit is reached. It works again at 15:46.")
    assert told(LIMITED, other) == [LIMITED_IS_TOLD]


def test_being_offline_for_a_moment_tells_nothing_and_hides_nothing():
    assert told(changed("offline"), ANSWERED, LIMITED, changed("offline"), LIMITED) == [LIMITED_IS_TOLD]


def test_another_reason_to_be_refused_is_told_too():
    wrong, empty = changed("refused", "The key is wrong."), changed("refused", "There is no credit.")
    assert [text for _, text in told(wrong, empty, empty)] == ["The key is wrong.", "There is no credit."]


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
    versions = [notifications.after([], version) for version in ("", "0.2", "0.2", "0.3")]
    assert [len(found) for found in versions] == [0, 1, 0, 1]
    assert versions[1] == [
        Notification("Update available", "Tidegate 0.2 can be installed. See the dashboard."),
    ]


def test_the_next_start_tells_nothing_again_but_that_it_is_over(tmp_path: Path):
    file = tmp_path / "told.json"
    events = LIMITED, asks("https://chat.example")
    assert len(told(*events, by=Notifications(file))) == 2
    Notifications(file).after([], "0.2")
    started = Notifications(file)
    assert (told(*events, by=started), started.after([], "0.2")) == ([], [])
    assert told(ANSWERED, by=started) == [("Limit over", "Your Claude plan works again.")]


def test_a_memory_that_makes_no_sense_is_begun_anew(tmp_path: Path):
    file = tmp_path / "told.json"
    file.write_text('{"trouble": 3}')
    assert told(EXPIRED, by=Notifications(file)) == [EXPIRED_IS_TOLD]
