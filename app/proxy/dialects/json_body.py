"""Reads a request body as JSON of a given shape, and says in plain words what is wrong with a bad one.

The size of the body is limited before it comes here. What a small body can still do (nest ten thousand deep, or
be two megabytes of brackets that become gigabytes of lists) is counted first, in a few passes of C code and
without building anything.
"""

from __future__ import annotations

import itertools
import re
from typing import TypeVar

import msgspec

from app.proxy.neutral.fault import Refused, invalid

DEPTH_LIMIT = 64
VALUES_LIMIT = 1_000_000
"""Strings, or members and items, in one body; a long chat with many tools has some ten thousand."""

Shape = TypeVar("Shape")

_BRACKETS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # +1 and -1 as signed bytes
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_HUGE_EXPONENT = re.compile(rb"[0-9][eE]\+?0*(?:309|3[1-9][0-9]|[4-9][0-9]{2}|[1-9][0-9]{3})")
_HALF_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_PATH = re.compile(r"(.*?)(?: - at `(?:key` in `)?\$\.?([^`]*)`)?", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]+)`(.*?)(?:, got `([^`]+)`)?")
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_TOO_DEEP = f"it is nested more than {DEPTH_LIMIT} levels deep"
_TOO_MANY = "it has more values than any chat needs"
_HALF = "a \\u escape is half of a pair of surrogates"
_QUOTED_LIMIT = 200  # an app's own text may be part of the sentence, and may be megabytes
_WORDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def decode_json(body: bytes, shape: type[Shape], param: str | None = None) -> Shape:
    """The body as a value of `shape`; raises Refused (400) naming the field for anything else.

    `param`: the field whose text this is, when it isn't the whole body. When a member comes twice the last one
    counts, everywhere and always.
    """
    if not body.strip():
        raise _malformed("it is empty", param)
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _malformed("it begins with a byte order mark; send plain UTF-8", param)
    if problem := _encoding_problem(body) or _size_problem(body):
        raise _malformed(problem, param)
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _wrong_shape(str(error), param) from None
    except msgspec.DecodeError as error:
        raise _malformed(_HALF if _HALF_PAIR.search(body) else _plain(str(error)), param) from None
    except RecursionError:  # a caller deep in the stack has less of it to give than DEPTH_LIMIT needs
        raise _malformed(_TOO_DEEP, param) from None


def _encoding_problem(body: bytes) -> str | None:
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 at byte {error.start}"
    return None


def _size_problem(body: bytes) -> str | None:
    """What is wrong with depth, number of values and exponents, looking only outside strings.

    In malformed JSON the strings may be taken for the wrong ones, but only behind the first mistake, and the
    decoder stops there.
    """
    escapes = b"\\" in body  # a picture has none, and looking for two characters in megabytes takes long
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"") if escapes else body
    if unescaped.count(b'"') > 2 * VALUES_LIMIT:
        return _TOO_MANY
    outside = b"".join(unescaped.split(b'"')[::2])
    brackets = outside.translate(_BRACKETS, _NOT_BRACKETS)
    if outside.count(b",") + len(brackets) > VALUES_LIMIT:
        return _TOO_MANY
    if max(itertools.accumulate(memoryview(brackets).cast("b")), default=0) > DEPTH_LIMIT:
        return _TOO_DEEP
    return "a number is out of range" if _HUGE_EXPONENT.search(outside) else None


def _plain(message: str) -> str:
    message = message.removeprefix("JSON is malformed: ")
    return "it ends too early" if message == "Input data was truncated" else message


def _malformed(problem: str, param: str | None) -> Refused:
    return invalid(f"{param or 'The request'} is not usable JSON: {problem}.", param, "invalid_json")


def _wrong_shape(message: str, within: str | None) -> Refused:
    """msgspec says "Expected `str`, got `int` - at `$.messages[2].content`"; a person gets a sentence."""
    found = _PATH.fullmatch(message)
    problem, path = (found[1], found[2] or "") if found else (message, "")
    param = ".".join(filter(None, [within, path.partition("[...]")[0]]))
    if missing := _MISSING.fullmatch(problem):
        param = f"{param}.{missing[1]}" if param else missing[1]
        return invalid(f"{param} is missing.", param, "missing_required_parameter")
    name = param or "The request"
    if expected := _EXPECTED.fullmatch(problem):
        words = [_WORDS.get(word, word) for word in expected[1].split(" | ")]
        wanted = " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
        got = f", got {_WORDS.get(expected[3], expected[3])}" if expected[3] else ""
        return invalid(f"{name}: expected {wanted}{expected[2]}{got}.", param or None, "invalid_type")
    return invalid(f"{name}: {problem[:1].lower()}{problem[1:_QUOTED_LIMIT]}.", param or None, "invalid_value")
