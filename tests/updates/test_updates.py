"""Word of newer versions, from a real feed on this computer: newer, same, older, tampered, down, slow, endless."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import minisign
import pytest

from app.core.commands import Outcome
from app.core.errors import UsageError
from app.core.settings import UpdateSettings
from app.updates.feed import Unreachable, fetch
from app.updates.release import Release, Untrusted, is_newer, read_release
from app.updates.updates import Source, Updates
from tests.tidegate_process import ROOT

KEYS = minisign.KeyPair.generate()
PUBLIC = bytes(KEYS.public_key).decode().splitlines()[-1]
PAGE = "https://tidegate.example/2.0.0"
DAY = 86_400.0

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def feed(version: str = "2.0.0", *, keys: minisign.KeyPair = KEYS) -> bytes:
    release = json.dumps({"version": version, "published": "2026-11-21", "page": PAGE, "notes": "It flies."})
    signature = bytes(keys.secret_key.sign(release.encode())).decode()
    return json.dumps({"release": release, "signature": signature}).encode()


def answering(content: bytes, status: str = "200 OK", *headers: str) -> Respond:
    async def respond(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", f"content-length: {len(content)}", "connection: close", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + content)

    return respond


@asynccontextmanager
async def served(respond: Respond) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The address of a feed, and what it was asked so far."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            await respond(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/latest.json", asked


def updates(
    folder: Path, address: str | None, *, check: bool = True, skipped: str | None = None, clock: Callable[[], float]
) -> Updates:
    return Updates(
        UpdateSettings(check=check, skipped=skipped),
        folder / "asked.json",
        source=Source(address, PUBLIC, "1.0.0"),
        clock=clock,
    )


def noon() -> float:
    return 1_800_000_000.0


async def looked(folder: Path, respond: Respond) -> tuple[Outcome, Release | None]:
    async with served(respond) as (address, _):
        asking = updates(folder, address, clock=noon)
        return await asking.look(), asking.news


async def test_a_newer_version_is_told_with_its_page_and_its_words(tmp_path):
    outcome, news = await looked(tmp_path, answering(feed()))
    assert outcome == Outcome(ok=True, sentence=f"Tidegate 2.0.0 is published. Download it at {PAGE}")
    assert news == Release("2.0.0", "2026-11-21", PAGE, "It flies.")


@pytest.mark.parametrize("version", ["1.0.0", "0.9.9"])
async def test_the_same_or_an_older_version_is_no_news(tmp_path, version):
    outcome, news = await looked(tmp_path, answering(feed(version)))
    assert (outcome, news) == (Outcome(ok=True, sentence="Tidegate 1.0.0 is the newest version."), None)


def tampered() -> list[bytes]:
    envelope = json.loads(feed())
    other = envelope["release"].replace("tidegate.example", "evil.example")
    return [
        json.dumps({**envelope, "release": other}).encode(),
        json.dumps({**envelope, "signature": "untrusted comment: none\nRW\ntrusted comment: x\nyes\n"}).encode(),
        json.dumps({**envelope, "signature": ""}).encode(),
        feed(keys=minisign.KeyPair.generate()),
        feed()[:-20],
        b"<html>Please log in to this network</html>",
        b"[]",
        b"\xff\xfe",
        json.dumps({"release": envelope["release"]}).encode(),
    ]


@pytest.mark.parametrize("content", tampered())
async def test_what_the_makers_did_not_sign_is_ignored_and_said_in_the_log(tmp_path, content, caplog):
    outcome, news = await looked(tmp_path, answering(content))
    assert (outcome.ok, news) == (False, None)
    assert "is not believed" in caplog.text


def test_a_trusted_comment_that_was_changed_is_noticed():
    envelope = json.loads(feed())
    lines = envelope["signature"].splitlines()
    lines[2] = "trusted comment: Tidegate 9.9.9"
    with pytest.raises(Untrusted):
        read_release(json.dumps({**envelope, "signature": "\n".join(lines) + "\n"}).encode(), PUBLIC)


def test_a_signed_release_with_a_page_that_is_not_https_is_refused():
    release = json.dumps({"version": "2.0.0", "published": "2026-11-21", "page": "file:///etc/passwd"})
    signature = bytes(KEYS.secret_key.sign(release.encode())).decode()
    with pytest.raises(Untrusted):
        read_release(json.dumps({"release": release, "signature": signature}).encode(), PUBLIC)


async def test_a_feed_that_is_down_is_quiet(tmp_path):
    async with served(answering(b"")) as (address, _):
        pass
    asking = updates(tmp_path, address, clock=noon)
    assert (await asking.look()).ok is False
    assert asking.news is None


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "204 No Content"])
async def test_any_other_answer_is_no_feed(tmp_path, status):
    outcome, news = await looked(tmp_path, answering(b"", status))
    assert (outcome.ok, news) == (False, None)


async def test_a_slow_feed_is_given_up():
    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with served(dripping) as (address, _):
        with pytest.raises(Unreachable, match="no whole answer"):
            await fetch(address, seconds=0.2)


async def test_an_endless_feed_is_given_up_after_its_most_bytes():
    async def flooding(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        while True:
            writer.write(b" " * 10_000)
            await writer.drain()

    async with served(flooding) as (address, _):
        with pytest.raises(Unreachable, match="longer than"):
            await fetch(address)


async def test_a_redirection_is_followed_a_few_times_and_never_to_plain_http_elsewhere():
    async with (
        served(answering(b"here")) as (target, _),
        served(answering(b"", "302 Found", f"location: {target}")) as (address, _),
    ):
        assert await fetch(address) == b"here"
    async with served(answering(b"", "302 Found", "location: http://tidegate.example/latest.json")) as (address, _):
        with pytest.raises(Unreachable, match="not https"):
            await fetch(address)
    async with served(answering(b"", "302 Found", "location: /again")) as (address, asked):
        with pytest.raises(Unreachable, match="redirections"):
            await fetch(address)
        assert len(asked) == 4


async def test_nothing_of_this_computer_goes_with_the_question(tmp_path):
    async with served(answering(feed(), "200 OK", "set-cookie: who=you")) as (address, asked):
        asking = updates(tmp_path, address, clock=noon)
        await asking.look()
        await asking.look()
    lines = [request.decode().split("\r\n") for request in asked]
    names = sorted(line.split(":")[0].lower() for line in lines[1][1:] if line)
    assert lines[1][0] == "GET /latest.json HTTP/1.1"
    assert names == ["accept", "accept-encoding", "connection", "host", "user-agent"]
    assert "user-agent: tidegate" in [line.lower() for line in lines[1]]


async def test_it_asks_once_a_day_also_over_restarts_and_not_at_all_until_asked_to(tmp_path):
    now = [noon()]
    async with served(answering(feed("1.0.0"))) as (address, asked):
        await updates(tmp_path, address, check=False, clock=lambda: now[0]).look_if_due()
        assert len(asked) == 0
        for hours, times in [(0, 1), (1, 1), (22, 1), (2, 2), (23, 2), (1, 3), (-48, 4)]:
            now[0] += hours * 3_600
            await updates(tmp_path, address, clock=lambda: now[0]).look_if_due()
            assert len(asked) == times


async def test_a_failed_look_waits_a_day_too(tmp_path):
    async with served(answering(b"", "500 Oh")) as (address, asked):
        for _ in range(3):
            await updates(tmp_path, address, clock=noon).look_if_due()
        assert len(asked) == 1


async def test_a_skipped_version_is_not_told_but_the_next_one_is(tmp_path):
    async with served(answering(feed())) as (address, _):
        skipping = updates(tmp_path, address, skipped="2.0.0", clock=noon)
        await skipping.look()
        other = updates(tmp_path, address, skipped="1.9.0", clock=noon)
        await other.look()
    assert skipping.news is None
    assert other.news is not None


async def test_skipping_is_kept_and_tells_no_more(tmp_path):
    kept: list[str] = []
    async with served(answering(feed())) as (address, _):
        asking = Updates(
            UpdateSettings(), tmp_path / "asked.json", source=Source(address, PUBLIC, "1.0.0"), keep_skipped=kept.append
        )
        assert asking.skip().ok is False
        await asking.look()
        assert asking.skip() == Outcome(ok=True, sentence="You will not be told of 2.0.0 again.")
    assert (asking.news, kept) == (None, ["2.0.0"])


async def test_a_skip_that_can_not_be_kept_says_so(tmp_path):
    def refuse(_version: str) -> None:
        raise UsageError("updates.skipped is set by TIDEGATE_UPDATES_SKIPPED.")

    async with served(answering(feed())) as (address, _):
        asking = Updates(
            UpdateSettings(), tmp_path / "asked.json", source=Source(address, PUBLIC, "1.0.0"), keep_skipped=refuse
        )
        await asking.look()
        assert asking.skip() == Outcome(ok=False, sentence="updates.skipped is set by TIDEGATE_UPDATES_SKIPPED.")
    assert asking.news is not None


async def test_without_a_key_or_a_feed_nothing_is_asked(tmp_path):
    async with served(answering(feed())) as (address, asked):
        for source in (Source(address, None, "1.0.0"), Source(None, PUBLIC, "1.0.0")):
            asking = Updates(UpdateSettings(check=True), tmp_path / "asked.json", source=source)
            await asking.look_if_due()
            assert (await asking.look()).sentence == "No versions are published yet that Tidegate could look for."
        assert asked == []


async def test_the_setting_moves_the_feed_and_not_the_key(tmp_path):
    async with served(answering(feed(keys=minisign.KeyPair.generate()))) as (address, asked):
        asking = Updates(
            UpdateSettings(check=True, feed=address),
            tmp_path / "asked.json",
            source=Source("https://tidegate.example/latest.json", PUBLIC, "1.0.0"),
            clock=noon,
        )
        assert (await asking.look()).ok is False
        assert len(asked) == 1


async def test_a_note_that_is_damaged_counts_as_none(tmp_path):
    (tmp_path / "asked.json").write_text("[1")
    async with served(answering(feed("1.0.0"))) as (address, asked):
        await updates(tmp_path, address, clock=noon).look_if_due()
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("1.0.1", "1.0.0", True),
        ("1.10.0", "1.9.9", True),
        ("1.0.0", "1.0.0", False),
        ("0.9.9", "1.0.0", False),
        ("1.0.0", "1.0.0.dev1", True),
        ("1.0.0", "nonsense", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version, than, newer):
    assert is_newer(version, than) is newer


def test_what_the_release_writes_is_what_the_program_reads(tmp_path):
    (tmp_path / "secret.key").write_bytes(bytes(KEYS.secret_key))
    script = [sys.executable, ROOT / "packaging" / "release_feed.py", "--page", PAGE, "--key", tmp_path / "secret.key"]
    to = tmp_path / "latest.json"
    done = subprocess.run([*script, "--to", to, "--public-key", PUBLIC], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_release(to.read_bytes(), PUBLIC).page == PAGE
    other = minisign.KeyPair.generate().public_key
    refused = subprocess.run([*script, "--to", to, "--public-key", bytes(other).decode().splitlines()[-1]],
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert "No Tidegate would believe this feed" in refused.stderr
