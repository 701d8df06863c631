"""What a client heard of one answer, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench.chat import answer_tokens


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer; times are seconds since it was asked for."""

    deltas: tuple[tuple[float, str], ...]
    seconds: float
    """Until the answer was complete."""
    failed: str | None = None
    """How it failed, if it did."""

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.deltas)

    @property
    def first(self) -> float:
        """Until the first token."""
        return self.deltas[0][0]

    @property
    def worst_gap(self) -> float:
        """The longest silence between two deltas."""
        return max((later - earlier for (earlier, _), (later, _) in pairwise(self.deltas)), default=0.0)

    def lost(self, tokens: int) -> int:
        """Tokens that did not come, or not in their order."""
        said = self.text
        place, lost = 0, 0
        for token in answer_tokens(tokens):
            found = said.find(token, place)
            lost += found < 0
            place = max(place, found)
        return lost

    def unmerged(self, tokens: int) -> int:
        """Deltas that came as the model sent them, each as an event of its own."""
        sent = set(answer_tokens(tokens))
        return sum(text in sent for _, text in self.deltas)


def problem_of(answers: Sequence[Heard], tokens: int) -> str | None:
    """Why these answers can't be measured, if they can't."""
    for answer in answers:
        if answer.failed:
            return answer.failed
        if not answer.deltas or answer.text != "".join(answer_tokens(tokens)):
            return f"an answer of {tokens} tokens came as {answer.text[:80]!r}"
    return None
