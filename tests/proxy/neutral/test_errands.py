"""Which requests apps make of their own accord."""

from __future__ import annotations

import pytest

from app.proxy.neutral.errands import is_errand
from app.proxy.neutral.turn import Turn
from tests.proxy.conversations import said, user


@pytest.mark.parametrize(
    "text",
    [
        "### Task:\nGenerate a concise title summarizing the chat history.\n### Guidelines:\n…",
        "### Task:\nSuggest 3-5 relevant follow-up questions …",
        "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. …",
        "Please generate a concise, 5-word-or-less title for the conversation …",
        "\nAnalyze this conversation and provide:\n1. The detected language of the conversation\n…",
        "Based on the chat history, give this conversation a name.\nKeep it short - 10 characters max …",
    ],
)
def test_a_prompt_that_an_app_comes_with_is_an_errand(text: str):
    assert is_errand(Turn("m", (user(text, "more"),)))


def test_what_a_person_asks_is_none():
    prompt = "### Task:\nGenerate a concise title"
    asked = [
        (user("What does '### Task:\n' mean?"),),
        (user("Hi"), said("Hello"), user(prompt)),
        (user("### Task"),),
        (),
    ]
    assert [is_errand(Turn("m", messages)) for messages in asked] == [False] * 4
