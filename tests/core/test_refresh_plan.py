"""When the sign-in is looked at, on a virtual clock."""

from __future__ import annotations

from app.core.refresh_plan import RefreshPlan

HOUR = 3_600.0


def looks(plan: RefreshPlan, hours: float, *, ok: bool = True, expires_in: float | None = None) -> list[float]:
    """The hours at which it was looked, when the clock is asked every half minute."""
    found, now = list[float](), 0.0
    while now <= hours * HOUR:
        if plan.is_due(now, proven_at=None, limited=False):
            found.append(round(now / HOUR, 2))
            plan.looked(now, ok=ok, expires_at=None if expires_in is None else now + expires_in)
        now += 30
    return found


def test_it_is_looked_at_the_start_and_every_four_hours():
    assert looks(RefreshPlan(4 * HOUR, jitter=lambda: 0.0), 13) == [0.0, 4.0, 8.0, 12.0]


def test_jitter_makes_it_earlier_by_up_to_a_tenth():
    assert looks(RefreshPlan(4 * HOUR, jitter=lambda: 1.0), 8) == [0.0, 3.6, 7.2]


def test_zero_hours_is_never():
    assert looks(RefreshPlan(0.0), 24) == []


def test_a_known_end_comes_first():
    assert looks(RefreshPlan(4 * HOUR, jitter=lambda: 0.0), 3, expires_in=1.5 * HOUR) == [0.0, 1.42, 2.83]


def test_an_end_that_is_near_or_past_does_not_ask_without_pause():
    assert len(looks(RefreshPlan(4 * HOUR, jitter=lambda: 0.0), 0.1, expires_in=1.0)) == 7
    assert len(looks(RefreshPlan(4 * HOUR, jitter=lambda: 0.0), 4, expires_in=-5.0)) == 2


def test_failures_back_off_and_success_ends_that():
    plan, now, pauses = RefreshPlan(4 * HOUR, jitter=lambda: 0.0), 0.0, list[float]()
    for _ in range(9):
        plan.looked(now, ok=False)
        before = now
        while not plan.is_due(now, proven_at=None, limited=False):
            now += 30
        pauses.append(now - before)
    assert pauses == [30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]
    plan.looked(3 * HOUR, ok=True)
    assert not plan.is_due(6.9 * HOUR, proven_at=None, limited=False)
    assert plan.is_due(7 * HOUR, proven_at=None, limited=False)


def test_after_weeks_of_failures_it_still_pauses():
    plan = RefreshPlan(4 * HOUR, jitter=lambda: 0.0)
    for _ in range(1_200):  # at the longest pause that is a month
        plan.looked(0.0, ok=False)
    assert not plan.is_due(HOUR / 2 - 1, proven_at=None, limited=False)
    assert plan.is_due(HOUR / 2, proven_at=None, limited=False)


def test_a_real_answer_lately_makes_it_unnecessary():
    plan = RefreshPlan(4 * HOUR, jitter=lambda: 0.0)
    plan.looked(0.0, ok=True)
    assert not plan.is_due(4 * HOUR, proven_at=3.9 * HOUR, limited=False)
    assert not plan.is_due(4.3 * HOUR, proven_at=3.9 * HOUR, limited=False)
    assert plan.is_due(4.4 * HOUR, proven_at=3.9 * HOUR, limited=False)


def test_a_reached_limit_makes_it_wait():
    plan = RefreshPlan(4 * HOUR)
    assert not plan.is_due(9 * HOUR, proven_at=None, limited=True)
    assert plan.is_due(9 * HOUR, proven_at=None, limited=False)


def test_waking_up_asks_soon_but_not_before_the_network_is_back():
    plan = RefreshPlan(4 * HOUR, jitter=lambda: 0.0)
    plan.looked(0.0, ok=True)
    plan.woke(HOUR)
    assert not plan.is_due(HOUR + 9, proven_at=None, limited=False)
    assert plan.is_due(HOUR + 10, proven_at=None, limited=False)


def test_another_interval_counts_from_now():
    plan = RefreshPlan(4 * HOUR, jitter=lambda: 0.0)
    plan.looked(0.0, ok=True)
    plan.change(HOUR, now=3.5 * HOUR)
    assert not plan.is_due(4.4 * HOUR, proven_at=None, limited=False)
    assert plan.is_due(4.5 * HOUR, proven_at=None, limited=False)


def test_someone_who_is_signed_out_may_sign_in_elsewhere_and_is_noticed_soon():
    plan = RefreshPlan(4 * HOUR, jitter=lambda: 0.0)
    plan.looked(0.0, ok=True, signed_in=False)
    assert not plan.is_due(119, proven_at=None, limited=False)
    assert plan.is_due(120, proven_at=None, limited=False)
