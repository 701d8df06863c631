"""Each kind of fault in OpenAI's words, whole and inside a response."""

from __future__ import annotations

import json

import pytest
from openai.types.responses import ResponseError

from app.proxy.dialects.openai_responses.faults import error_body, response_error
from app.proxy.neutral.fault import Fault, FaultKind


@pytest.mark.parametrize("kind", FaultKind)
def test_each_kind_has_a_type_and_all_four_members(kind: FaultKind) -> None:
    error = json.loads(error_body(Fault(kind, "Try again.", "some_code", "messages")))["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["message"], error["param"], error["code"]) == ("Try again.", "input", "some_code")
    assert error["type"]
    ResponseError.model_validate(response_error(Fault(kind, "Try again.", "some_code")), strict=True)


def test_a_spent_plan_is_no_rate_limit() -> None:
    spent = Fault(FaultKind.RATE_LIMIT, "Spent.", retryable=False)
    assert json.loads(error_body(spent))["error"]["type"] == "insufficient_quota"
