"""Which pictures and documents a request may carry."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.dialects.attachments import (
    DOCUMENT_BYTES_LIMIT,
    IMAGE_BYTES_LIMIT,
    IMAGES,
    PDF,
    from_url,
    inline,
    plain_text,
)
from app.proxy.neutral.fault import FaultKind, Refused
from app.proxy.neutral.turn import InlineData, PlainText, RemoteData

FIELD = "messages[0].content[1].image_url.url"
BYTES = {
    "image/png": b"\x89PNG\r\n\x1a\n and so on!",
    "image/jpeg": b"\xff\xd8\xff\xe0 and so on",
    "image/gif": b"GIF89a and so on",
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    "application/pdf": b"%PDF-1.7\n",
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


PNG = b64(BYTES["image/png"])


def refusal(call, *arguments) -> tuple[str, str | None]:
    """The sentence and the code; the field at fault is always the one handed in."""
    with pytest.raises(Refused) as caught:
        call(*arguments)
    fault = caught.value.fault
    assert (fault.kind, fault.param) == (FaultKind.INVALID_REQUEST, FIELD)
    assert fault.message.startswith(FIELD)
    return fault.message.removeprefix(FIELD + " "), fault.code


@pytest.mark.parametrize("media_type", BYTES)
def test_each_allowed_type_passes_unchanged(media_type):
    text = b64(BYTES[media_type])
    expected = InlineData(media_type, text)
    assert inline(media_type, text, FIELD, IMAGES | PDF) == expected
    assert from_url(f"data:{media_type};base64,{text}", FIELD, IMAGES | PDF) == expected


@pytest.mark.parametrize(
    "head", ["DATA:image/png;base64,", "data:IMAGE/PNG;BASE64,", "data:image/png;name=a.png;charset=utf-8;base64,"]
)
def test_a_data_url_may_be_spelled_in_any_case_and_with_parameters(head):
    assert from_url(head + PNG, FIELD, IMAGES) == InlineData("image/png", PNG)


@pytest.mark.parametrize("spelling", ["image/jpg", "Image/JPEG", " image/jpeg ", "image/jpeg; q=1"])
def test_other_spellings_of_a_type_become_its_registered_name(spelling):
    text = b64(BYTES["image/jpeg"])
    assert inline(spelling, text, FIELD, IMAGES) == InlineData("image/jpeg", text)


@pytest.mark.parametrize("declared", sorted(IMAGES | PDF))
@pytest.mark.parametrize("real", sorted(IMAGES | PDF))
def test_bytes_must_be_what_they_claim_to_be(declared, real):
    text = b64(BYTES[real])
    if declared == real:
        assert inline(declared, text, FIELD, IMAGES | PDF).media_type == declared
    else:
        assert refusal(inline, declared, text, FIELD, IMAGES | PDF) == (
            f"says it is {declared}, but its bytes are something else.",
            "media_type_mismatch",
        )


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("image/svg+xml", "'image/svg+xml'"),
        ("application/pdf", "'application/pdf'"),
        ("text/html", "'text/html'"),
        ("", "nothing"),
    ],
)
def test_a_type_that_is_not_allowed_is_refused_with_the_choices(media_type, shown):
    assert refusal(from_url, f"data:{media_type};base64,{PNG}", FIELD, IMAGES) == (
        f"must be one of image/gif, image/jpeg, image/png, image/webp; it says {shown}.",
        "unsupported_media_type",
    )


@pytest.mark.parametrize(
    "text",
    [
        "!",
        PNG[:-1],
        PNG + "=",
        PNG + "\n",
        " " + PNG,
        PNG[:8] + "\n" + PNG[8:],
        "iVBO-_",
        "é",
        "=" * 4,
        "A===",
        PNG + PNG,
    ],
)
def test_base64_is_read_strictly(text):
    assert refusal(inline, "image/png", text, FIELD, IMAGES) == ("is not valid base64.", "invalid_base64")


def test_an_empty_attachment_is_refused():
    assert refusal(from_url, "data:image/png;base64,", FIELD, IMAGES) == ("is empty.", "invalid_base64")


@pytest.mark.parametrize(
    "url", ["data:image/png,abc", "data:", "data:image/png;base64", f"data:image/png;base65,{PNG}"]
)
def test_a_data_url_must_be_in_base64(url):
    assert refusal(from_url, url, FIELD, IMAGES)[1] == "invalid_url"


def test_an_endless_list_of_parameters_is_refused():
    """Read to its end, one of 20 MB stopped everything else for a second and a half."""
    assert refusal(from_url, f"data:image/png{';a=b' * 300};base64,{PNG}", FIELD, IMAGES)[1] == "invalid_url"


def test_the_size_limit_counts_bytes_and_names_itself():
    head = BYTES["image/png"]
    assert inline("image/png", b64(head.ljust(IMAGE_BYTES_LIMIT, b"\0")), FIELD, IMAGES).media_type == "image/png"
    assert refusal(inline, "image/png", b64(head.ljust(IMAGE_BYTES_LIMIT + 1, b"\0")), FIELD, IMAGES) == (
        "is too big: 10 MB are the most. Use a smaller one.",
        "too_large",
    )


def test_a_document_may_be_bigger_than_a_picture():
    text = b64(BYTES["application/pdf"].ljust(IMAGE_BYTES_LIMIT + 1, b"\0"))
    assert inline("application/pdf", text, FIELD, PDF).base64 is text
    assert DOCUMENT_BYTES_LIMIT > IMAGE_BYTES_LIMIT


@pytest.mark.parametrize(
    "url", ["https://example.org/a.png?x=1#y", "HTTPS://EXAMPLE.ORG/é.png", "https://[2001:db8::1]:8443/a"]
)
def test_an_https_address_is_passed_on_as_it_is(url):
    assert from_url(url, FIELD, IMAGES) == RemoteData(url)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://example.org/a.png", ", not http:"),
        ("file:///etc/passwd", ", not file:"),
        ("FTP://example.org/a", ", not ftp:"),
        ("blob:https://example.org/1", ", not blob:"),
        ("javascript:alert(1)", ", not javascript:"),
        ("C:\\pictures\\a.png", ", not c:"),
        ("/etc/passwd", ""),
        ("//example.org/a.png", ""),
        ("", ""),
        (" https://example.org/a.png", ""),
        ("https://", ""),
        ("https:///a.png", ""),
        ("https://example.org/a b.png", ""),
        ("https://example.org/\r\nx: y", ""),
        ("https://example.org/a.png\n", ""),
    ],
)
def test_every_other_address_is_refused(url, found):
    assert refusal(from_url, url, FIELD, IMAGES) == (f"must be an https: address or a data: URL{found}.", "invalid_url")


def test_an_endless_address_is_refused():
    assert refusal(from_url, "https://example.org/" + "a" * 9_000, FIELD, IMAGES)[1] == "invalid_url"


def test_a_text_file_becomes_its_text():
    assert plain_text(b64("grüß dich\n".encode()), FIELD) == PlainText("grüß dich\n")
    assert plain_text(b64("\ufefftext".encode()), FIELD) == PlainText("text")


def test_a_text_file_in_another_encoding_or_without_text_is_refused():
    assert refusal(plain_text, b64("grüß".encode("latin-1")), FIELD) == ("is not a text in UTF-8.", "invalid_text")
    assert refusal(plain_text, b64(b" \n"), FIELD) == ("is an empty file.", "invalid_text")


@given(st.text(max_size=80), st.sampled_from(["", "data:", "data:image/png;base64,", "https://", "https://a"]))
def test_whatever_an_app_sends_is_either_accepted_or_refused(text, head):
    found: object
    try:
        found = from_url(head + text, FIELD, IMAGES)
    except Refused as refused:
        found = refused.fault.param
    assert found == FIELD or isinstance(found, InlineData | RemoteData)
