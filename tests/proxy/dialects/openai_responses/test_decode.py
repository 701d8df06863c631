"""Requests as turns: every item in its place, every parameter, and a refusal by name for what can't be served."""

from __future__ import annotations

import base64
import json
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import schema_components

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.decode import JSON_ONLY, ResponsesAsked
from app.proxy.dialects.openai_responses.reasoning import known_block, sealed, unsealed
from app.proxy.dialects.openai_responses.schema import ResponsesRequest
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AnyTool,
    AssistantMessage,
    AutoTool,
    Document,
    Image,
    InlineData,
    Json,
    Message,
    NamedTool,
    NoTool,
    Parameters,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ThinkingAdaptive,
    ThinkingOff,
    Tool,
    ToolResult,
    ToolUse,
    UserMessage,
)
from app.proxy.session_store import StoredResponse
from tests.proxy.dialects.openai_responses.scripts import FUNCTION, asked, turn

PNG = "iVBORw0KGgo="
PDF = base64.b64encode(b"%PDF-1.7 x").decode()
RID = "0123456789abcdef01234567"
THOUGHT = Thinking("Hm.", "c2ln")
STORED = StoredResponse(
    "test",
    f"resp_{RID}",
    b"{}",
    b"[]",
    (
        UserMessage((Text("one"),)),
        AssistantMessage((THOUGHT, Text("1"), ToolUse("toolu_1", "look", {"a": 1}))),
    ),
    (Text("Earlier developer."),),
    1.0,
)


def user(*texts: str) -> UserMessage:
    return UserMessage(tuple(map(Text, texts)))


def message(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def call(id_: str, arguments: object = "{}", name: str = "look") -> dict[str, Any]:
    return {"type": "function_call", "call_id": id_, "name": name, "arguments": arguments}


def output(id_: str, given: object = "found") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": id_, "output": given}


def continued(**request: Any) -> ResponsesAsked:
    body = {"previous_response_id": STORED.id, **request}
    return OpenAIResponses({STORED.id: STORED}).decode(json.dumps(body).encode(), {})


def refusal(**request: Any) -> tuple[str | None, str | None]:
    with pytest.raises(Refused) as raised:
        asked(**request)
    assert raised.value.fault.kind.status == 400
    return raised.value.fault.param, raised.value.fault.code


CONVERSATIONS: dict[str, tuple[Any, tuple[Message, ...]]] = {
    "a string": ("hello", (user("hello"),)),
    "a message without a type": ([message("user", "hello")], (user("hello"),)),
    "parts": (
        [
            message(
                "user",
                [
                    {"type": "input_text", "text": "look"},
                    {"type": "input_text", "text": " "},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
                    {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"},
                    {"type": "input_file", "file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"},
                    {"type": "input_file", "file_data": PDF},
                    {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                    {"type": "input_file", "file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"},
                ],
                type="message",
            )
        ],
        (
            UserMessage(
                (
                    Text("look"),
                    Image(InlineData("image/png", PNG)),
                    Image(RemoteData("https://example.org/a.png")),
                    Document(InlineData("application/pdf", PDF), "a.pdf"),
                    Document(InlineData("application/pdf", PDF)),
                    Document(RemoteData("https://example.org/a.pdf")),
                    Document(PlainText("hi"), "a.txt"),
                )
            ),
        ),
    ),
    "an answer as it was given": (
        [
            message("user", "one"),
            {"type": "reasoning", "id": "rs_x_0", "summary": [], "encrypted_content": sealed(THOUGHT)},
            {"type": "reasoning", "id": "rs_x_1", "summary": [], "encrypted_content": sealed(RedactedThinking("aGk="))},
            message("assistant", [{"type": "output_text", "text": "1", "annotations": []}], type="message", id="msg_x"),
            call("toolu_1", '{"a":1}'),
            output("toolu_1"),
        ],
        (
            user("one"),
            AssistantMessage((THOUGHT, RedactedThinking("aGk="), Text("1"), ToolUse("toolu_1", "look", {"a": 1}))),
            UserMessage((ToolResult("toolu_1", (Text("found"),)),)),
        ),
    ),
    "calls one by one": (
        [message("user", "x"), call("a"), output("a"), call("b", ""), output("b")],
        (
            user("x"),
            AssistantMessage((ToolUse("a", "look", {}),)),
            UserMessage((ToolResult("a", (Text("found"),)),)),
            AssistantMessage((ToolUse("b", "look", {}),)),
            UserMessage((ToolResult("b", (Text("found"),)),)),
        ),
    ),
    "parallel calls, outputs swapped, words between": (
        [message("user", "x"), call("a"), call("b"), message("user", "hurry"), output("b"), output("a", None)],
        (
            user("x"),
            AssistantMessage((ToolUse("a", "look", {}), ToolUse("b", "look", {}))),
            UserMessage((ToolResult("b", (Text("found"),)), ToolResult("a", ()))),
            user("hurry"),
        ),
    ),
    "an output of parts": (
        [call("a"), output("a", [{"type": "input_image", "image_url": "https://example.org/a.png"}])],
        (
            AssistantMessage((ToolUse("a", "look", {}),)),
            UserMessage((ToolResult("a", (Image(RemoteData("https://example.org/a.png")),)),)),
        ),
    ),
    "a refusal, and texts in the older spelling": (
        [
            message("user", [{"type": "text", "text": "x"}]),
            message("assistant", [{"type": "refusal", "refusal": "No."}]),
            message("user", "y"),
        ],
        (user("x"), AssistantMessage((Text("No."),)), user("y")),
    ),
    "thinking with nothing said after it": (
        [message("user", "x"), {"type": "reasoning", "encrypted_content": sealed(THOUGHT)}, message("user", "y")],
        (user("x"), user("y")),
    ),
    "ids the service would refuse": (
        [call("a:1"), output("a:1"), call("a:1"), output("a:1")],
        (
            AssistantMessage((ToolUse("a_1", "look", {}),)),
            UserMessage((ToolResult("a_1", (Text("found"),)),)),
            AssistantMessage((ToolUse("a_1_1", "look", {}),)),
            UserMessage((ToolResult("a_1_1", (Text("found"),)),)),
        ),
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_input_becomes_messages_in_order(name: str) -> None:
    given, expected = CONVERSATIONS[name]
    assert turn(input=given).messages == expected


def test_system_texts_come_after_the_instructions() -> None:
    items = [
        message("developer", "dev"),
        message("user", "x"),
        message("system", [{"type": "input_text", "text": "sys"}]),
    ]
    decoded = asked(input=items, instructions="Be kind.")
    assert decoded.turn.system == (Text("Be kind."), Text("dev"), Text("sys"))
    assert decoded.kept_system == (Text("dev"), Text("sys"))


def test_a_response_goes_on_from_the_one_before_it_without_its_instructions() -> None:
    decoded = continued(input=[output("toolu_1"), message("user", "two")], instructions="New.")
    assert decoded.turn.messages == (
        *STORED.messages,
        UserMessage((ToolResult("toolu_1", (Text("found"),)),)),
        user("two"),
    )
    assert decoded.turn.system == (Text("New."), Text("Earlier developer."))


def test_items_given_by_id_only_are_found_in_stored_responses() -> None:
    items = [
        message("user", "one"),
        {"type": "item_reference", "id": f"rs_{RID}_0"},
        {"type": "item_reference", "id": f"msg_{RID}_1"},
        {"type": "item_reference", "id": f"fc_{RID}_2"},
        output("toolu_1"),
    ]
    decoded = OpenAIResponses({STORED.id: STORED}).decode(json.dumps({"input": items}).encode(), {})
    assert decoded.turn.messages[:2] == STORED.messages
    reasoning = [
        message("user", "one"),
        {"type": "reasoning", "id": f"rs_{RID}_0", "summary": []},
        message("assistant", "1"),
    ]
    decoded = OpenAIResponses({STORED.id: STORED}).decode(json.dumps({"input": reasoning}).encode(), {})
    assert decoded.turn.messages[1] == AssistantMessage((THOUGHT, Text("1")))
    assert known_block(f"rs_{RID}_9", {STORED.id: STORED}) is None


def test_reasoning_that_nobody_can_open_is_left_out_and_told() -> None:
    items = [
        message("user", "x"),
        {"type": "reasoning", "id": "rs_other", "summary": [], "encrypted_content": "gAAAA"},
        message("assistant", "y"),
    ]
    decoded = turn(input=items)
    assert decoded.messages == (user("x"), AssistantMessage((Text("y"),)))
    assert decoded.ignored == ("input.reasoning",)


@given(st.text(), st.text())
def test_sealed_thinking_opens_as_it_was(text: str, signature: str) -> None:
    assert unsealed(sealed(Thinking(text, signature))) == Thinking(text, signature)
    assert unsealed(sealed(RedactedThinking(text))) == RedactedThinking(text)


@given(st.text() | st.text().map(lambda text: "tg1." + text))
def test_what_another_program_sealed_stays_closed(word: str) -> None:
    assert isinstance(unsealed(word), Thinking | RedactedThinking | None)
    assert unsealed("tg1." + base64.urlsafe_b64encode(b"[1, 2]").decode()) is None


def test_a_functions_output_may_come_first_under_a_session_key() -> None:
    body = json.dumps({"input": [output("toolu_1")], "session_id": "chat-1"}).encode()
    decoded = OpenAIResponses().decode(body, {}).turn
    assert decoded.messages == (UserMessage((ToolResult("toolu_1", (Text("found"),)),)),)
    assert decoded.session_key == "chat-1"


def test_every_parameter_arrives() -> None:
    schema: dict[str, Json] = {"type": "object", "properties": {}}
    assert turn(
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.5,
        reasoning={"effort": "minimal", "summary": "auto"},
        text={"format": {"type": "json_schema", "name": "n", "schema": schema}},
        parallel_tool_calls=False,
        tools=[FUNCTION],
        safety_identifier="u",
    ).parameters == Parameters(
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.5,
        effort="low",
        thinking=ThinkingAdaptive(),
        json_schema=schema,
        parallel_tool_calls=False,
        user_id="u",
    )
    assert turn(reasoning={"effort": "none"}).parameters == Parameters(thinking=ThinkingOff())
    assert turn(top_p=1, parallel_tool_calls=True, reasoning={"effort": None}).parameters == Parameters()


def test_json_of_no_particular_schema_is_asked_for_in_words_and_told() -> None:
    decoded = turn(text={"format": {"type": "json_object"}})
    assert (decoded.system, decoded.ignored) == ((JSON_ONLY,), ("text.format",))


def test_functions_and_the_choice_among_them() -> None:
    schema: dict[str, Json] = {"type": "object", "properties": {"city": {"type": "string"}}}
    assert turn(tools=[FUNCTION]).tools == (Tool("weather", None, schema, strict=True),)
    choices = ["auto", "none", "required", {"type": "function", "name": "weather"}]
    found = [turn(tools=[FUNCTION], tool_choice=choice).tool_choice for choice in choices]
    assert found == [AutoTool(), NoTool(), AnyTool(), NamedTool("weather")]
    assert turn(tool_choice="auto").tool_choice is None
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]}
    chosen = turn(tools=[{**FUNCTION, "name": "clock"}, FUNCTION], tool_choice=allowed)
    assert ([tool.name for tool in chosen.tools], chosen.tool_choice) == (["weather"], AnyTool())


def test_what_has_no_effect_is_told_and_what_changes_nothing_is_not() -> None:
    wishes = {
        "temperature": 1.5,
        "truncation": "auto",
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "service_tier": "flex",
        "max_tool_calls": 3,
        "top_logprobs": 2,
        "prompt_cache_key": "k",
        "text": {"verbosity": "low"},
        "user": "u" * 257,
    }
    assert set(turn(**wishes).ignored) == {*wishes, "text.verbosity"} - {"text"}
    quiet = {
        "truncation": "disabled",
        "include": ["reasoning.encrypted_content"],
        "service_tier": "auto",
        "metadata": {"a": "b"},
        "store": True,
        "text": {"verbosity": "medium", "format": {"type": "text"}},
        "unheard_of": [1],
    }
    assert turn(**quiet).ignored == ()


X = message("user", "x")
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing to answer": ({"input": None}, "input", "missing_required_parameter"),
    "an empty list": ({"input": []}, "input", "missing_required_parameter"),
    "blank": ({"input": "  "}, "input", "missing_required_parameter"),
    "in the background": ({"background": True}, "background", "unsupported_parameter"),
    "a stored conversation": ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
    "a stored prompt": ({"prompt": {"id": "p"}}, "prompt", "unsupported_parameter"),
    "an unknown response": ({"previous_response_id": "resp_x"}, "previous_response_id", "previous_response_not_found"),
    "an unknown item": ({"input": [X, {"type": "item_reference", "id": "msg_1"}]}, "input[1].id", "item_not_found"),
    "an item of a hosted tool": ({"input": [X, {"type": "web_search_call"}]}, "input[1].type", "unsupported_value"),
    "an item of a hosted tool, of a shape of its own": (
        {"input": [X, {"type": "computer_call_output", "output": {"type": "computer_screenshot"}}]},
        "input[1].type",
        "unsupported_value",
    ),
    "an allowed tool that is none": (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "x"}]}},
        "tool_choice.tools",
        "invalid_value",
    ),
    "an unknown role": ({"input": [message("wizard", "x")]}, "input[0].role", "invalid_value"),
    "a call without output": ({"input": [X, call("a")]}, "input[1]", "missing_tool_result"),
    "an output without call": ({"input": [X, output("a")]}, "input[1].call_id", "unknown_tool_call"),
    "two outputs": ({"input": [call("a"), output("a"), output("a")]}, "input[2].call_id", "unknown_tool_call"),
    "two calls of one id": ({"input": [call("a"), call("a")]}, "input[1].call_id", "invalid_value"),
    "a call without a name": (
        {"input": [{"type": "function_call", "call_id": "a"}]},
        "input[0].name",
        "missing_required_parameter",
    ),
    "broken arguments": ({"input": [call("a", "{")]}, "input[0].arguments", "invalid_json"),
    "audio": ({"input": [message("user", [{"type": "input_audio"}])]}, "input[0].content[0].type", "unsupported_value"),
    "a picture of the model": (
        {"input": [message("assistant", [{"type": "input_image", "image_url": "https://e.org/"}])]},
        "input[0].content[0].type",
        "unsupported_value",
    ),
    "a picture without an address": (
        {"input": [message("user", [{"type": "input_image"}])]},
        "input[0].content[0].image_url",
        "missing_required_parameter",
    ),
    "an uploaded file": (
        {"input": [message("user", [{"type": "input_file", "file_id": "file-1"}])]},
        "input[0].content[0].file_data",
        "unsupported_value",
    ),
    "a file of this computer": (
        {"input": [message("user", [{"type": "input_image", "image_url": "file:///etc/passwd"}])]},
        "input[0].content[0].image_url",
        "invalid_url",
    ),
    "a name the service refuses": ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name", "invalid_value"),
    "a tool twice": ({"tools": [FUNCTION, FUNCTION]}, "tools", "invalid_value"),
    "a choice of nothing": ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
    "an unknown choice": ({"tool_choice": {"type": "function", "name": "x"}}, "tool_choice.name", "invalid_value"),
    "a hosted choice": ({"tool_choice": {"type": "web_search"}}, "tool_choice", "unsupported_value"),
    "an unknown format": ({"text": {"format": {"type": "xml"}}}, "text.format.type", "unsupported_value"),
    "a format without schema": (
        {"text": {"format": {"type": "json_schema"}}},
        "text.format.schema",
        "missing_required_parameter",
    ),
    "an unknown effort": ({"reasoning": {"effort": "heroic"}}, "reasoning.effort", "invalid_value"),
    "no room": ({"max_output_tokens": 0}, "max_output_tokens", "invalid_value"),
    "a key that breaks headers": ({"session_id": "a b"}, "session_id", "invalid_session_id"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_served_is_refused_by_name(name: str) -> None:
    request, param, code = REFUSED[name]
    assert refusal(**request) == (param, code)


@pytest.mark.parametrize(
    "kind",
    ["web_search", "web_search_preview", "file_search", "computer_use_preview", "code_interpreter", "mcp",
     "image_generation", "local_shell", "custom", "apply_patch"],
)  # fmt: skip
def test_a_tool_that_the_service_would_run_is_refused(kind: str) -> None:
    assert refusal(tools=[FUNCTION, {"type": kind, "name": "x"}]) == ("tools[1].type", "unsupported_value")


def test_a_response_that_waits_for_an_output_wants_it() -> None:
    with pytest.raises(Refused) as raised:
        continued(input="two")
    assert raised.value.fault.code == "missing_tool_result"


def test_the_request_can_be_described_in_json_schema() -> None:
    _, components = schema_components([ResponsesRequest], ref_template="#/{name}")
    assert set(components["ResponsesRequest"]["properties"]) == set(ResponsesRequest.__struct_fields__)


# Whatever decodes is complete and in order


_words = st.text(min_size=1, max_size=8).map(lambda text: f"<{text}>")
_runs = st.one_of(
    st.builds(lambda role, text: [message(role, text)], st.sampled_from(["user", "assistant", "developer"]), _words),
    st.builds(
        lambda text, ids: [message("assistant", text), *map(call, ids), *map(output, reversed(ids))],
        _words,
        st.lists(st.sampled_from(["a", "b", "c:1"]), min_size=1, max_size=2, unique=True),
    ),
)


@given(st.lists(_runs, min_size=1, max_size=8).map(lambda runs: [*chain(*runs)]))
def test_every_word_arrives_in_order_and_every_call_has_its_output_behind_it(items: list[dict[str, Any]]) -> None:
    spoken = [item["content"] for item in items if item.get("role") in ("user", "assistant")]
    try:
        found = turn(input=items)
    except Refused:
        assert not spoken
        return
    blocks = [block for message in found.messages for block in message.content]
    assert [block.text for block in blocks if isinstance(block, Text)] == spoken
    assert [text.text for text in found.system] == [
        item["content"] for item in items if item.get("role") == "developer"
    ]
    uses = [block.id for block in blocks if isinstance(block, ToolUse)]
    assert len(uses) == len(set(uses)) == sum(item.get("type") == "function_call" for item in items)
    for before, behind in zip(found.messages, [*found.messages[1:], None], strict=True):
        called = {block.id for block in before.content if isinstance(block, ToolUse)}
        given = {block.tool_use_id for block in behind.content if isinstance(block, ToolResult)} if behind else set()
        if called:
            assert called == given


_, _components = schema_components([ResponsesRequest], ref_template="#/{name}")
_NAMES = sorted({name for component in _components.values() for name in component.get("properties", ())})
_WORDS = ["message", "function_call", "function_call_output", "reasoning", "item_reference", "input_text",
          "input_image", "input_file", "function", "user", "assistant", "json_schema", "auto", "high",
          f"rs_{RID}_0", STORED.id]  # fmt: skip
_names = st.sampled_from(_NAMES)
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(_WORDS) | st.text()
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4), max_leaves=12
)
_typed = st.builds(
    lambda members, word, role: {**members, "role": role, "type": word, "name": "look"},
    st.dictionaries(_names, _values, max_size=4),
    st.sampled_from(_WORDS),
    st.sampled_from(["user", "assistant", "system", None]),
)
_requests = st.dictionaries(_names, _values | _typed | st.lists(_typed, max_size=3), max_size=5)


@settings(deadline=None, max_examples=300)
@given(_requests, st.just("hello") | st.lists(_typed, max_size=3))
def test_a_request_is_decoded_or_refused_by_name(request: dict[str, Any], given_input: Any) -> None:
    dialect = OpenAIResponses({STORED.id: STORED})
    body = json.dumps({**request, "input": given_input}).encode()
    found: object
    try:
        found = dialect.decode(body, {})
    except Refused as refused:
        found = (refused.fault.kind.status, json.loads(dialect.fault(refused.fault, "r"))["error"].keys())
    assert isinstance(found, ResponsesAsked) or found == (400, {"message", "type", "param", "code"})
