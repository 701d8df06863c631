"""Decides, from the head of a request alone, whether it may come in. Pure: no socket, no clock, no log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from app.proxy.asgi import Header
from app.proxy.hosts import is_own_host
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.origins import Origins, preflight_headers
from app.proxy.realms import Realm
from app.proxy.request_head import RequestHead

HEADERS_LIMIT = 100
HEADER_BYTES_LIMIT = 32 * 1024
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_BODY_METHODS = {"POST", "PUT", "PATCH"}
_NO_KEY = b"\0"
"""Shown to the check in place of a missing key: no header can carry it, so that only "any" answers to it."""

_ALLOW_IT = (
    "To allow it, open Settings, Web pages, in Tidegate's dashboard, or add its address to allowed_origins in the "
    "[access] section of config.toml."
)

KeyCheck: TypeAlias = Callable[[bytes], "str | None"]
"""The name of the key, or None when it is none of ours. Must compare in constant time, and take any bytes."""


@dataclass(frozen=True)  # no slots: the cached set of origins belongs to the rules
class AccessRules:
    """Who may call on this port."""

    port: int
    check_key: KeyCheck
    allowed_origins: frozenset[str] = frozenset()
    open_paths: frozenset[str] = frozenset({"/", "/health"})
    """Need no key; everything else does, also what doesn't exist."""
    ollama_paths: frozenset[str] = frozenset()
    """Those whose apps have no place for a key: where any key would do, none will. Some don't call their JSON so."""
    realms: tuple[Realm, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    """Names that a person gave this computer, besides its own."""
    beyond_loopback: bool = False
    """Other machines may call: then the address they call is a host too."""
    origins: Origins = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "origins", Origins(self.port, self.allowed_origins))


class Refusal(msgspec.Struct, frozen=True):
    """Turned away. `reason` is for the event, `fault` for the app."""

    reason: str
    fault: Fault
    status: int
    headers: tuple[Header, ...] = ()


class Preflight(msgspec.Struct, frozen=True):
    """A browser asks whether a page may call: answered at once, with these headers."""

    headers: tuple[Header, ...]


class Admitted(msgspec.Struct, frozen=True):
    key_name: str
    """Empty on an open path; in a realm the realm's name."""


Verdict: TypeAlias = Admitted | Preflight | Refusal


def admit(head: RequestHead, rules: AccessRules) -> Verdict:
    """The checks in order: what a web page or a stranger sent must fail before its key is looked at."""
    if refusal := _bad_form(head) or _wrong_host(head, rules):
        return refusal
    for realm in rules.realms:
        if realm.covers(head.path):
            return _refused_by(realm, head, rules) or _wrong_media(head) or Admitted(realm.name)
    if refusal := _foreign_page(head, rules):
        return refusal
    if head.method == "OPTIONS" and head.all(b"access-control-request-method") and head.all(b"origin"):
        private = head.one(b"access-control-request-private-network") == "true"
        asked = head.one(b"access-control-request-headers") or ""
        return Preflight(tuple(preflight_headers(asked, private_network=private)))
    key_name = "" if head.path in rules.open_paths else _key_name(head, rules)
    if key_name is None and head.path in rules.ollama_paths and not _keys(head):
        key_name = rules.check_key(_NO_KEY)
    if key_name is None:
        return _no_key(head)
    untyped = head.path in rules.ollama_paths and not head.all(b"origin") and not head.all(b"content-type")
    return _wrong_media(head, untyped=untyped) or Admitted(key_name)


def _bad_form(head: RequestHead) -> Refusal | None:
    if head.http_version not in ("1.0", "1.1"):
        return _refusal("http_version", FaultKind.INVALID_REQUEST, "Tidegate speaks HTTP/1.1 only.", status=505)
    if len(head.headers) > HEADERS_LIMIT or sum(len(k) + len(v) + 4 for k, v in head.headers) > HEADER_BYTES_LIMIT:
        return _refusal(
            "headers",
            FaultKind.INVALID_REQUEST,
            f"The request has too many or too long headers (at most {HEADERS_LIMIT}, 32 KiB in all).",
            status=431,
        )
    if head.target.startswith(b"/") and head.path.startswith("/"):
        return None
    if b"://" in head.target:
        return _refusal(
            "target",
            FaultKind.MISDIRECTED,
            "Tidegate is not a web proxy. Enter its address as the app's API address, not in its proxy settings.",
        )
    return _refusal("target", FaultKind.INVALID_REQUEST, "The request names no path that begins with a slash.")


def _wrong_host(head: RequestHead, rules: AccessRules) -> Refusal | None:
    called = head.local_address if rules.beyond_loopback else None
    if is_own_host(head.all(b"host"), rules.port, rules.allowed_hosts, called_address=called):
        return None
    return _refusal(
        "host",
        FaultKind.MISDIRECTED,
        "Tidegate does not answer to this name. Enter "
        f"http://127.0.0.1:{rules.port} as the address in the app; to allow another name, add it to allowed_hosts in "
        "the [access] section of Tidegate's config.toml.",
        code="host_not_allowed",
    )


def _foreign_page(head: RequestHead, rules: AccessRules) -> Refusal | None:
    origins = [value.decode("latin-1") for value in head.all(b"origin")]
    match origins:
        case []:
            allowed = _is_no_page(head)
        case [origin] if rules.origins.is_own(origin) or rules.origins.is_allowed(origin):
            allowed = rules.origins.is_allowed(origin)
        case _:
            return _refusal(
                "origin",
                FaultKind.PERMISSION,
                f"This web page or app may not use Tidegate yet. {_ALLOW_IT}",
                code="origin_not_allowed",
            )
    harmless = head.method in _SAFE_METHODS and head.path in rules.open_paths
    sites = {value.lower() for value in head.all(b"sec-fetch-site")}
    if allowed or harmless or sites <= {b"same-origin", b"none"}:
        return None
    return _refusal(
        "cross_site",
        FaultKind.PERMISSION,
        f"Another web page sent this request. {_ALLOW_IT}",
        code="origin_not_allowed",
    )


def _is_no_page(head: RequestHead) -> bool:
    """For a request without an origin: whether it says what a browser never says without one.

    Apps that are built like a page and have switched web security off (Electron's `webSecurity: false`) name themselves
    a foreign site all the same, but add no origin; a browser adds one to every request that it marks as `cors`.
    """
    return [mode.lower() for mode in head.all(b"sec-fetch-mode")] == [b"cors"]


def _refused_by(realm: Realm, head: RequestHead, rules: AccessRules) -> Refusal | None:
    match realm.trouble(head, rules.origins.is_own):
        case None:
            return None
        case "secret":
            return _refusal("secret", FaultKind.AUTHENTICATION, realm.sentence, code=f"{realm.name.lower()}_closed")
        case "elsewhere":
            sentence = "Tidegate's dashboard opens only on the computer it runs on."
            return _refusal("realm", FaultKind.PERMISSION, sentence, code="host_not_allowed")
        case "page":
            sentence = "Another web page sent this request; only Tidegate's own may."
            return _refusal("realm", FaultKind.PERMISSION, sentence, code="origin_not_allowed")


def _key_name(head: RequestHead, rules: AccessRules) -> str | None:
    for key in _keys(head):
        if (name := rules.check_key(key)) is not None:
            return name
    return None


def _keys(head: RequestHead) -> list[bytes]:
    """Apps send one or the other, some both with a placeholder in one of them."""
    keys = head.all(b"x-api-key")
    for value in head.all(b"authorization"):
        scheme, _, key = value.partition(b" ")
        if scheme.lower() == b"bearer":
            keys.append(key.strip())
    return [key for key in keys if key]


def _no_key(head: RequestHead) -> Refusal:
    what = "This is not Tidegate's key." if _keys(head) else "Tidegate's key is missing."
    return _refusal(
        "key",
        FaultKind.AUTHENTICATION,
        f"{what} Copy the key from Tidegate (`tidegate key show` prints it) and paste it as the API key in the app.",
        code="invalid_api_key",
        headers=((b"www-authenticate", b"Bearer"),),
    )


def _wrong_media(head: RequestHead, *, untyped: bool = False) -> Refusal | None:
    """`untyped`: a body without a type will do, which no page sends without an origin."""
    if any(value.lower() not in (b"", b"identity") for value in head.all(b"content-encoding")):
        return _media("Tidegate takes no compressed requests: send the JSON as it is, without Content-Encoding.")
    if head.method in _BODY_METHODS and not untyped and not _is_json(head.all(b"content-type")):
        return _media("Send the request as JSON in UTF-8, with the header Content-Type: application/json.")
    return None


def _is_json(content_types: list[bytes]) -> bool:
    if len(content_types) != 1:
        return False
    media_type, *parameters = content_types[0].lower().split(b";")
    charsets = [p.strip().removeprefix(b"charset=").strip(b'"') for p in parameters if b"charset" in p]
    return media_type.strip() == b"application/json" and all(charset in (b"utf-8", b"utf8") for charset in charsets)


def _media(sentence: str) -> Refusal:
    return _refusal("media_type", FaultKind.UNSUPPORTED_MEDIA, sentence, code="unsupported_media_type")


def _refusal(
    reason: str,
    kind: FaultKind,
    sentence: str,
    *,
    status: int | None = None,
    code: str | None = None,
    headers: tuple[Header, ...] = (),
) -> Refusal:
    return Refusal(reason, Fault(kind, sentence, code, retryable=False), status or kind.status, headers)
