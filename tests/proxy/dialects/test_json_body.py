"""What a body may be, and the sentence for everything it may not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.dialects.json_body import DEPTH_LIMIT, VALUES_LIMIT, decode_json
from app.proxy.neutral.fault import FaultKind, Refused


class Part(msgspec.Struct, tag_field="type", tag="text"):
    text: str


class Said(msgspec.Struct):
    content: str | list[Part] | None = None


class Shape(msgspec.Struct):
    messages: list[Said]
    limit: int | None = None
    heat: float | None = None
    free: dict[str, Any] | None = None


def refusal(body: bytes) -> tuple[str, str | None, str | None]:
    with pytest.raises(Refused) as caught:
        decode_json(body, Shape)
    fault = caught.value.fault
    assert fault.kind is FaultKind.INVALID_REQUEST
    return fault.message, fault.param, fault.code


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    """A body whose deepest bracket is `levels` deep, in a member nobody declared."""
    return b'{"messages":[],"x":%s%s}' % (opening.encode() * (levels - 1), closing.encode() * (levels - 1))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b'\xef\xbb\xbf{"messages":[]}', "it begins with a byte order mark; send plain UTF-8"),
        ('{"messages":[]}'.encode("utf-16"), "it begins with a byte order mark; send plain UTF-8"),
        (b'{"messages":[{"content":"\xff"}]}', "it is not UTF-8 at byte 25"),
        (b'{"messages":[],"unknown":"\xc3"}', "it is not UTF-8 at byte 26"),
        (b'{"messages":[],"unknown":"\xed\xa0\x80"}', "it is not UTF-8 at byte 26"),
        (b'{"messages":[],"heat":NaN}', "invalid character (byte 22)"),
        (b'{"messages":[],"unknown":Infinity}', "invalid character (byte 25)"),
        (b'{"messages":[],"unknown":-Infinity}', "invalid character (byte 26)"),
        (b'{"messages":[],"heat":1e999}', "a number is out of range"),
        (b'{"messages":[],"unknown":[1E+0999]}', "a number is out of range"),
        (b'{"messages":[{"content":"\\ud800"}]}', "a \\u escape is half of a pair of surrogates"),
        (b'{"messages":[{"content":"\\ud800\\u0041"}]}', "a \\u escape is half of a pair of surrogates"),
        (b'{"messages":[{"content":"\\udc00"}]}', "invalid utf-16 surrogate pair (byte 31)"),
        (b'{"messages":[{"content":"a\x00b"}]}', "invalid character (byte 26)"),
        (b'{"messages":[]', "it ends too early"),
        (b'{"messages":[]} {}', "trailing characters (byte 17)"),
        (b'{"messages":[],}', "trailing comma in object (byte 15)"),
        (b"messages=1", "invalid character (byte 0)"),
    ],
)
def test_what_is_not_json_is_said_to_be_so(body, message):
    assert refusal(body) == (f"The request is not usable JSON: {message}.", None, "invalid_json")


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        (b"[]", "The request: expected object, got array.", None, "invalid_type"),
        (b"null", "The request: expected object, got null.", None, "invalid_type"),
        (b"{}", "messages is missing.", "messages", "missing_required_parameter"),
        (b'{"messages":{}}', "messages: expected array, got object.", "messages", "invalid_type"),
        (
            b'{"messages":[{},{},{"content":5}]}',
            "messages[2].content: expected string, array or null, got integer.",
            "messages[2].content",
            "invalid_type",
        ),
        (
            b'{"messages":[{"content":[{"type":"text"}]}]}',
            "messages[0].content[0].text is missing.",
            "messages[0].content[0].text",
            "missing_required_parameter",
        ),
        (
            b'{"messages":[{"content":[{"type":"tune"}]}]}',
            "messages[0].content[0].type: invalid value 'tune'.",
            "messages[0].content[0].type",
            "invalid_value",
        ),
        (b'{"messages":[],"limit":"5"}', "limit: expected integer or null, got string.", "limit", "invalid_type"),
        (b'{"messages":[],"limit":true}', "limit: expected integer or null, got boolean.", "limit", "invalid_type"),
        (b'{"messages":[],"heat":1%s}' % (b"0" * 400), "heat: number out of range.", "heat", "invalid_value"),
        (
            b'{"messages":[],"free":{"a":[1%s]}}' % (b"0" * 5000),
            "free: integer value out of range.",
            "free",
            "invalid_value",
        ),
    ],
)
def test_a_wrong_shape_names_the_field(body, message, param, code):
    assert refusal(body) == (message, param, code)


@pytest.mark.parametrize(
    ("text", "message", "param"),
    [
        (b"", "input is not usable JSON: it is empty.", "input"),
        (b"{", "input is not usable JSON: it ends too early.", "input"),
        (b"[]", "input: expected object, got array.", "input"),
        (b'{"messages":5}', "input.messages: expected array, got integer.", "input.messages"),
    ],
)
def test_the_text_of_a_field_is_read_in_its_name(text, message, param):
    with pytest.raises(Refused) as caught:
        decode_json(text, Shape, "input")
    assert (caught.value.fault.message, caught.value.fault.param) == (message, param)


def test_a_sentence_quotes_only_the_beginning_of_what_was_sent():
    message, *_ = refusal(b'{"messages":[{"content":[{"type":"%s"}]}]}' % (b"x" * 1_000_000))
    assert len(message) < 300


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_ends_at_the_limit(opening, closing):
    levels_each = opening.count("[") + opening.count("{")
    within = (DEPTH_LIMIT - 1) // levels_each
    body = b'{"messages":[],"x":%s0%s}'
    assert decode_json(body % (opening.encode() * within, closing.encode() * within), Shape) == Shape([])
    beyond = within + 1
    assert refusal(body % (opening.encode() * beyond, closing.encode() * beyond)) == (
        "The request is not usable JSON: it is nested more than 64 levels deep.",
        None,
        "invalid_json",
    )


def test_a_deep_body_that_never_closes_is_refused_too():
    assert refusal(b"[" * 100_000)[0] == "The request is not usable JSON: it is nested more than 64 levels deep."


@pytest.mark.parametrize("said", ["[" * 200, '"[[' * 100, '\\"{' * 100, "\\" * 99 + "[" * 99, '\\\\"' * 50, "1e999"])
def test_what_stands_in_a_string_counts_for_nothing(said):
    body = json.dumps({"messages": [{"content": said}]}).encode()
    assert decode_json(body, Shape) == Shape([Said(said)])


@pytest.mark.parametrize("item", [b"[]", b"{}", b"0", b'""'])
def test_more_values_than_any_chat_needs_are_refused_before_they_are_built(item):
    body = b'{"messages":[],"x":[%s]}' % b",".join([item] * (VALUES_LIMIT + 2))
    assert refusal(body)[0] == "The request is not usable JSON: it has more values than any chat needs."


def test_of_a_member_that_comes_twice_the_last_one_counts():
    assert decode_json(b'{"limit":1,"messages":[],"limit":2,"messages":[{}]}', Shape) == Shape([Said()], limit=2)


def test_unknown_members_are_passed_over():
    assert decode_json(b'{"messages":[],"later":{"a":[1e30,-1e-999]}}', Shape) == Shape([])


def test_a_body_with_pictures_is_read():
    picture = "A" * 4_000_000
    assert decode_json(json.dumps({"messages": [{"content": picture}]}).encode(), Shape) == Shape([Said(picture)])


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON, max_size=5), st.booleans())
def test_every_json_object_arrives_as_it_was_sent(free, escaped):
    body = json.dumps({"messages": [], "free": free}, ensure_ascii=escaped).encode()
    assert decode_json(body, Shape).free == free


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0de1 ', max_size=60).map(str.encode))
def test_any_other_bytes_are_refused_and_never_raise_anything_else(body):
    decoded: object
    try:
        decoded = decode_json(b'{"messages":' + body, Shape)
    except Refused as refused:
        decoded = refused.fault.kind
    assert decoded is FaultKind.INVALID_REQUEST or isinstance(decoded, Shape)
