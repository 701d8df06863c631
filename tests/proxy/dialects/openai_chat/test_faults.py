"""Every failure in OpenAI's error object."""

from __future__ import annotations

import json

import pytest

from app.proxy.dialects.openai_chat.faults import error_body
from app.proxy.neutral.fault import Fault, FaultKind


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (FaultKind.INVALID_REQUEST, "invalid_request_error"),
        (FaultKind.AUTHENTICATION, "authentication_error"),
        (FaultKind.BILLING, "insufficient_quota"),
        (FaultKind.PERMISSION, "permission_error"),
        (FaultKind.NOT_FOUND, "invalid_request_error"),
        (FaultKind.METHOD_NOT_ALLOWED, "invalid_request_error"),
        (FaultKind.CONFLICT, "invalid_request_error"),
        (FaultKind.TOO_LARGE, "invalid_request_error"),
        (FaultKind.UNSUPPORTED_MEDIA, "invalid_request_error"),
        (FaultKind.MISDIRECTED, "invalid_request_error"),
        (FaultKind.RATE_LIMIT, "rate_limit_error"),
        (FaultKind.INTERNAL, "server_error"),
        (FaultKind.UPSTREAM, "server_error"),
        (FaultKind.UNAVAILABLE, "server_error"),
        (FaultKind.TIMEOUT, "server_error"),
        (FaultKind.OVERLOADED, "server_error"),
    ],
)
def test_each_kind_has_its_type_and_all_four_members(kind, type_):
    assert json.loads(error_body(Fault(kind, "Sorry."))) == {
        "error": {"message": "Sorry.", "type": type_, "param": None, "code": None}
    }


def test_every_kind_is_tried_above():
    (mark,) = test_each_kind_has_its_type_and_all_four_members.pytestmark
    assert {kind for kind, _ in mark.args[1]} == set(FaultKind)


def test_code_and_param_are_told():
    fault = Fault(FaultKind.NOT_FOUND, "No such model.", code="model_not_found", param="model")
    assert json.loads(error_body(fault))["error"] == {
        "message": "No such model.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_a_limit_that_waiting_a_little_will_not_lift_is_a_quota():
    fault = Fault(FaultKind.RATE_LIMIT, "Used up.", code="plan_limit", retryable=False)
    assert json.loads(error_body(fault))["error"]["type"] == "insufficient_quota"
