"""What an examination found."""

from __future__ import annotations

from enum import Enum

import msgspec


class Verdict(Enum):
    GOOD = "good"
    NOTE = "note"
    """It may be meant so."""
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    about: str
    verdict: Verdict
    sentence: str
    advice: str = ""
    """What to do; empty when there is nothing to."""

    def as_dict(self) -> dict[str, str]:
        return {
            "about": self.about,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "advice": self.advice,
        }


def good(about: str, sentence: str) -> Finding:
    return Finding(about, Verdict.GOOD, sentence)


def note(about: str, sentence: str, advice: str = "") -> Finding:
    return Finding(about, Verdict.NOTE, sentence, advice)


def bad(about: str, sentence: str, advice: str = "") -> Finding:
    return Finding(about, Verdict.BAD, sentence, advice)
