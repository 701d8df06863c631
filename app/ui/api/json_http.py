"""JSON in, JSON out: what every route of the dashboard does the same way."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from quart import Response, request

Body = TypeVar("Body")


class WrongRequest(Exception):
    """What was asked can't be done as it was asked; `str(error)` tells a person why."""

    def __init__(self, sentence: str, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Values as JSON; dataclasses become objects."""
    return Response(msgspec.json.encode(body), status, headers, content_type="application/json")


def refusal(error: WrongRequest) -> Response:
    return answer({"error": {"message": str(error), "code": error.code}}, error.status)


async def body_as(kind: type[Body]) -> Body:
    """The body of the current request; raises WrongRequest."""
    content = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WrongRequest("The request's JSON is not what this address takes.") from error


def number(name: str, default: int, *, most: int, least: int = 1) -> int:
    """A number from the query, within its bounds; raises WrongRequest."""
    given = request.args.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise WrongRequest(f"{name} must be a whole number.")
    return max(least, min(int(given), most))
