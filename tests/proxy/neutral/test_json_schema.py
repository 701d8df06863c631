"""JSON Schemas as apps write them, and what the service can hold an answer to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.neutral.capabilities import capabilities_of
from app.proxy.neutral.fitting import fit
from app.proxy.neutral.json_schema import Enforceable, enforceable
from app.proxy.neutral.turn import Parameters, Text, Tool, Turn, UserMessage
from tests.stand_in.schemas import problems

NUMBER = {"type": "number"}
PLACE: dict[str, Any] = {
    "$defs": {"Place": {"type": "object", "properties": {"at": NUMBER}, "additionalProperties": False}},
    "type": "object",
    "properties": {
        "place": {"$ref": "#/$defs/Place"},
        "kind": {"enum": ["a", 1, None], "description": "What."},
        "seen": {"type": ["string", "null"], "format": "date-time"},
        "all": {"type": "array", "items": NUMBER, "minItems": 1},
        "either": {"anyOf": [NUMBER, {"const": "x"}]},
    },
    "required": ["place"],
    "additionalProperties": False,
}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def test_a_schema_that_the_service_takes_stays_as_it_is():
    assert enforceable(PLACE) == Enforceable(PLACE, ())


@pytest.mark.parametrize(
    ("sent", "fitted", "told"),
    [
        ({"type": "object", "properties": {"a": NUMBER}}, an_object(a=NUMBER), ()),
        ({"properties": {"a": NUMBER}}, an_object(a=NUMBER), ()),
        ({"$schema": "x", "$id": "y", "x-own": 1, **an_object(a=NUMBER)}, an_object(a=NUMBER), ()),
        (
            an_object(a=NUMBER) | {"additionalProperties": True},
            an_object(a=NUMBER),
            ("additionalProperties",),
        ),
        (
            an_object(a={"oneOf": [NUMBER, {"type": "null"}]}),
            an_object(a={"anyOf": [NUMBER, {"type": "null"}]}),
            (),
        ),
        (
            an_object(a={"type": "integer", "minimum": 1, "maximum": 9, "description": "Stars."}),
            an_object(a={"type": "integer", "description": "Stars. (minimum: 1, maximum: 9)"}),
            ("maximum", "minimum"),
        ),
        (
            an_object(a={"type": "string", "pattern": "^é", "format": "uri-template"}),
            an_object(a={"type": "string", "description": '(pattern: "^é", format: "uri-template")'}),
            ("format", "pattern"),
        ),
        (
            {"type": "array", "items": {"properties": {"a": NUMBER}}, "minItems": 2},
            {"type": "array", "items": an_object(a=NUMBER), "description": "(minItems: 2)"},
            ("minItems",),
        ),
    ],
)
def test_what_the_service_refuses_is_told_in_the_descriptions(sent: Any, fitted: Any, told: tuple[str, ...]):
    assert enforceable(sent) == Enforceable(fitted, told)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"type": "object"},
        {"type": "object", "additionalProperties": NUMBER},
        {"type": "object", "patternProperties": {"^a": NUMBER}, "properties": {"b": NUMBER}},
        an_object(a={"description": "Anything."}),
        an_object(a=True),
        {"type": "array"},
        {"enum": [{"a": 1}]},
        {"$ref": "#"},
        {"$ref": "https://schemas.example/one.json"},
        {"$ref": "#/$defs/Missing"},
        {"$ref": "#/$defs/Node", "$defs": {"Node": an_object(next={"$ref": "#/$defs/Node"})}},
        {"anyOf": 5},
        {"type": {"a": 1}},
        {"type": "object", "properties": []},
        {"enum": 5},
    ],
)
def test_a_schema_that_nothing_like_it_can_stand_for_is_none(sent: Any):
    assert enforceable(sent) is None


_NODES = st.recursive(
    st.sampled_from([NUMBER, {"type": "string", "maxLength": 3}, {"enum": ["a"]}, {}, {"type": "object"}, True]),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "$ref"]), inner, max_size=2).map(
            lambda found: {"properties": found}
        ),
        inner.map(lambda found: {"type": "array", "items": found, "uniqueItems": True}),
        st.lists(inner, max_size=2).map(lambda found: {"oneOf": found}),
        inner.map(lambda found: {"$defs": {"D": found}, "$ref": "#/$defs/D"}),
    ),
    max_leaves=8,
)


@given(_NODES.filter(lambda node: isinstance(node, dict)))
def test_whatever_is_left_is_taken_and_fitting_it_again_changes_nothing(sent: Any):
    found = enforceable(sent)
    if found is not None:
        assert list(problems("schema", dict(found.schema))) == []
        assert enforceable(found.schema) == Enforceable(found.schema, ())


def fitted(**asked: Any) -> tuple[Turn, tuple[str, ...]]:
    asked = {"parameters": Parameters(**asked.pop("parameters", {})), **asked}
    return fit(Turn("m", (UserMessage((Text("Hi"),)),), **asked), capabilities_of("claude-opus-5-5"))


def test_what_can_not_be_forced_is_wished_for_in_words_and_named():
    turn, ignored = fitted(parameters={"json_schema": {"type": "object"}})
    assert (turn.parameters.json_schema, ignored) == (None, ("json_schema",))
    assert turn.system[-1].text.endswith('JSON Schema:\n{"type": "object"}')


def test_limits_that_are_only_told_are_named():
    turn, ignored = fitted(parameters={"json_schema": an_object(a={"type": "string", "maxLength": 3})})
    assert turn.parameters.json_schema == an_object(a={"type": "string", "description": "(maxLength: 3)"})
    assert (turn.system, ignored) == ((), ("json_schema.maxLength",))


def test_a_tool_is_strict_only_where_its_schema_can_be_held_to():
    loose = an_object(a={"type": "string", "maxLength": 3})
    tools = (Tool("one", None, an_object(a=NUMBER), strict=True), Tool("two", None, loose, strict=True))
    turn, ignored = fitted(tools=tools)
    assert turn.tools == (tools[0], Tool("two", None, loose, strict=None))
    assert ignored == ("strict",)
