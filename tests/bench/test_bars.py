"""A bar says whether it was met, and by how much it was missed."""

from __future__ import annotations

from tests.bench.bars import Bar


def test_a_bar_that_is_met_says_so():
    assert str(Bar("memory", 100, 120, " MB")) == "met     memory: 100 MB, bar ≤ 120 MB"


def test_a_bar_that_is_missed_says_by_how_much():
    assert str(Bar("memory", 150, 120, " MB")) == "MISSED  memory: 150 MB, bar ≤ 120 MB, by 25%"


def test_a_bar_may_ask_for_at_least_so_much():
    assert str(Bar("rate", 120, 150, "/s", at_least=True)) == "MISSED  rate: 120/s, bar ≥ 150/s, by 20%"
    assert Bar("rate", 150, 150, "/s", at_least=True).met
