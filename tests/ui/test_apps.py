"""The cards of the chat apps: complete, honest, and without anybody's key."""

from __future__ import annotations

import pytest

from app.ui.apps import KEY_MARK, App, Ask, Place, catalogue, shown
from app.ui.apps.verdict import Finding, Heard, finding

PLACE = Place("http://127.0.0.1:4321", "claude-test-1")
APPS = catalogue(PLACE)


def test_there_is_a_card_for_every_app_people_asked_about():
    assert [app.name for app in APPS] == [
        "Chatbox", "Cherry Studio", "TypingMind", "Obsidian Copilot", "SillyTavern", "AnythingLLM", "Jan", "Raycast AI",
        "Open WebUI", "LibreChat", "LM Studio", "BoltAI", "Msty", "Cline", "Roo Code", "Continue", "Zed", "aider",
        "Hermes Agent", "OpenClaw, pi", "Home Assistant", "n8n", "iTerm2 AI", "Cursor", "Another app (OpenAI)",
        "Another app (Anthropic)",
    ]  # fmt: skip
    assert len({app.id for app in APPS}) == len(APPS)


def test_what_cannot_work_offers_nothing_to_paste_and_nothing_to_test():
    assert [(app.name, app.fields, app.asks) for app in APPS if app.works == "no"] == [("Cursor", (), ())]


@pytest.mark.parametrize("app", [app for app in APPS if app.works != "no"], ids=lambda app: app.id)
def test_a_card_holds_the_real_address_the_real_model_and_a_place_for_the_key(app: App):
    values = "\n".join(field.value for field in app.fields)
    assert PLACE.address in values
    assert PLACE.model in values
    assert KEY_MARK in values
    assert app.steps
    assert app.asks


@pytest.mark.parametrize("app", [app for app in APPS if app.asks], ids=lambda app: app.id)
def test_every_question_of_a_test_asks_for_the_model_of_the_card(app: App):
    assert {ask.body["model"] for ask in app.asks if ask.body} == {PLACE.model}


def test_a_card_says_which_of_its_fields_hold_the_key():
    fields = shown(APPS[0])["fields"]
    assert fields == [
        {"label": "API mode", "value": "OpenAI API Compatible", "copy": False, "secret": False, "multiline": False},
        {"label": "API host", "value": f"{PLACE.address}/v1", "copy": True, "secret": False, "multiline": False},
        {"label": "API key", "value": KEY_MARK, "copy": True, "secret": True, "multiline": False},
        {"label": "Model", "value": PLACE.model, "copy": True, "secret": False, "multiline": False},
    ]


STREAM = b'data: {"choices":[{"delta":{"content":"rea"}}]}\n\ndata: {"choices":[{"delta":{"content":"dy"}}]}\n\n'
MESSAGE = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"ready"}}\n\n'
ORIGIN = (("Origin", "https://chat.example"),)


@pytest.mark.parametrize(
    ("expects", "heard", "found"),
    [
        ("models", Heard(200, {}, b'{"data":[{"id":"a"},{"id":"b"}]}'), Finding(ok=True, sentence="2 models")),
        ("models", Heard(200, {}, b'{"data":[]}'), Finding(ok=False, sentence="The list of models is empty.")),
        ("chunks", Heard(200, {}, STREAM + b"data: [DONE]\n\n"), Finding(ok=True, sentence="Answered")),
        ("chunks", Heard(200, {}, STREAM), Finding(ok=False, sentence="The answer broke off before its end.")),
        (
            "chunks",
            Heard(200, {}, STREAM + b'data: {"error":{"message":"Claude is busy."}}\n\n'),
            Finding(ok=False, sentence="Claude is busy."),
        ),
        (
            "chunks",
            Heard(200, {}, b"data: [DONE]\n\n"),
            Finding(ok=False, sentence="The answer came, but there were no words in it."),
        ),
        (
            "reply",
            Heard(200, {}, b'{"choices":[{"message":{"content":"ready"}}]}'),
            Finding(ok=True, sentence="Answered"),
        ),
        (
            "reply",
            Heard(429, {}, b'{"error":{"message":"Your plan\'s limit is reached."}}'),
            Finding(ok=False, sentence="Your plan's limit is reached."),
        ),
        ("reply", Heard(500, {}, b"<html>"), Finding(ok=False, sentence="Tidegate answered with status 500.")),
        (
            "reply",
            Heard(200, {}, b"[]"),
            Finding(ok=False, sentence="The answer doesn't have the shape that this app expects."),
        ),
        ("message", Heard(200, {}, b'{"content":[{"text":"ready"}]}'), Finding(ok=True, sentence="Answered")),
        (
            "message_events",
            Heard(200, {}, MESSAGE + b'data: {"type":"message_stop"}\n\n'),
            Finding(ok=True, sentence="Answered"),
        ),
        (
            "message_events",
            Heard(200, {}, MESSAGE + b'data: {"type":"error","error":{"message":"Claude is busy."}}\n\n'),
            Finding(ok=False, sentence="Claude is busy."),
        ),
        ("absent", Heard(404, {}, b""), Finding(ok=True, sentence="/x is not there, as it should be")),
        (
            "absent",
            Heard(200, {}, b"{}"),
            Finding(
                ok=False,
                sentence="Tidegate serves /x, by which this app takes it for another program. Switch Ollama's "
                "interface off in Settings, Server.",
            ),
        ),
        (
            "permission",
            Heard(204, {"access-control-allow-origin": "https://chat.example"}, b""),
            Finding(ok=True, sentence="https://chat.example is allowed"),
        ),
        (
            "permission",
            Heard(403, {}, b""),
            Finding(
                ok=False,
                sentence="Tidegate doesn't answer https://chat.example yet. Allow it in Settings, Web pages, and test "
                "again.",
            ),
        ),
    ],
)
def test_an_answer_is_judged_as_the_app_would_judge_it(expects, heard: Heard, found: Finding):
    assert finding(Ask("Ask", "POST", "/x", expects, ORIGIN), heard) == found
