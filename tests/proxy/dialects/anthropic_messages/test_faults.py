"""Failures in the service's own envelope, as the official client reads them."""

from __future__ import annotations

import json

import anthropic
import httpx2
import pytest

from app.proxy.dialects.anthropic_messages.faults import error_body
from app.proxy.neutral.fault import Fault, FaultKind
from tests.proxy.dialects.anthropic_messages.scripts import MODEL, REQUEST_ID

DOCUMENTED = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "invalid_request_error",
    413: "request_too_large",
    415: "invalid_request_error",
    421: "permission_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@pytest.mark.parametrize("kind", FaultKind)
def test_each_kind_of_fault_has_the_type_the_service_documents(kind: FaultKind) -> None:
    assert json.loads(error_body(Fault(kind, "Try again."), REQUEST_ID)) == {
        "type": "error",
        "error": {"type": DOCUMENTED[kind.status], "message": "Try again."},
        "request_id": REQUEST_ID,
    }


@pytest.mark.parametrize("kind", FaultKind)
def test_the_official_client_reads_type_message_and_code_of_each(kind: FaultKind) -> None:
    fault = Fault(kind, "Try again.", code="some_code", param="messages")
    answer = httpx2.Response(kind.status, json=json.loads(error_body(fault, REQUEST_ID)))
    with (
        httpx2.Client(transport=httpx2.MockTransport(lambda request: answer)) as http,
        anthropic.Anthropic(api_key="unused", base_url="http://127.0.0.1", http_client=http, max_retries=0) as client,
        pytest.raises(anthropic.APIStatusError) as raised,
    ):
        client.messages.create(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "x"}])
    error = raised.value
    assert (error.status_code, error.type, error.api_message, error.error_code) == (
        kind.status,
        DOCUMENTED[kind.status],
        "Try again.",
        "some_code",
    )
