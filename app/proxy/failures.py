"""Turns what goes wrong around a route (no such path, too large, a bug) into a fault for the caller."""

from __future__ import annotations

import logging

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.core.conditions import Condition
from app.proxy.access import RenderFault
from app.proxy.neutral.fault import Fault, FaultKind, Refused

log = logging.getLogger(__name__)

_KIND_OF_STATUS = {kind.status: kind for kind in FaultKind}
_SENTENCES = {
    400: ("The request could not be read as HTTP.", "bad_request"),
    404: ("There is nothing at this address. Check the API address in the app: it ends in /v1.", "not_found"),
    405: ("This address takes other methods; the Allow header names them.", "method_not_allowed"),
    408: ("The request took too long to arrive. Try again.", "request_timeout"),
    413: ("The request is too large. Start a new chat, or send smaller pictures.", "request_too_large"),
}


def answer_failures(app: Quart, render_fault: RenderFault) -> None:
    """Register the handlers: JSON in the caller's shape, never a page, never a traceback."""

    def answer(fault: Fault, status: int | None = None) -> Response:
        names = {name.lower(): value for name, value in request.headers.items()}
        request_id = request.scope["state"]["request_id"]
        body = render_fault(request.path, names, fault, request_id)
        response = Response(body, status or fault.kind.status, content_type="application/json")
        if fault.retry_after_seconds is not None:
            response.headers["retry-after"] = str(fault.retry_after_seconds)
        if not fault.retryable:
            response.headers["x-should-retry"] = "false"
        return response

    @app.errorhandler(Refused)
    async def refused(error: Refused) -> Response:
        return answer(error.fault)

    @app.errorhandler(HTTPException)
    async def http_failure(error: HTTPException) -> Response:
        status = error.code or 500
        if status not in _SENTENCES:
            return unexpected_answer()
        sentence, code = _SENTENCES[status]
        kind = _KIND_OF_STATUS.get(status, FaultKind.INVALID_REQUEST)
        response = answer(Fault(kind, sentence, code, retryable=status == 408), status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    async def unexpected(error: Exception) -> Response:
        log.error("a route failed", exc_info=error)
        return unexpected_answer()

    def unexpected_answer() -> Response:
        condition = Condition.INTERNAL_ERROR
        return answer(Fault(FaultKind.INTERNAL, condition.sentence, condition.code))
