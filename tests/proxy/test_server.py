"""The server under slow, greedy and rude clients, and its way out whatever they do."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from app.core.events import ExchangeEnded, Outcome
from app.proxy.server import ServerLimits
from tests.proxy.live import chat_body, engine_works, opened, parse, saying, serving

PATIENT = ServerLimits(header=30, write=30, drain=0.3, hard_exit=3)


async def test_a_stream_comes_whole_and_in_order() -> None:
    async with serving(saying("one ", "two ", "three")) as live:
        answer = await live.send(live.chat(stream=True))
    assert answer.status == 200
    assert answer.header("content-type") == "text/event-stream"
    assert answer.header("server") is None
    assert answer.body.index(b"one ") < answer.body.index(b"two ") < answer.body.index(b"three")


async def test_one_connection_serves_many_requests() -> None:
    async with serving() as live:
        reader, writer = await opened(live, live.raw(close=False) + live.raw(close=False))
        first = await reader.readuntil(b"}")
        second = await reader.readuntil(b"}")
        writer.write(live.raw())
        last = await reader.read()
        writer.close()
    assert [parse(raw).status for raw in (first, second, last)] == [200, 200, 200]


async def test_both_loopback_addresses_answer() -> None:
    async with serving() as live:
        reader, writer = await asyncio.open_connection("::1", live.port)
        writer.write(live.raw(host=f"[::1]:{live.port}"))
        answer = parse(await reader.read())
        writer.close()
    assert answer.status == 200


# Slow and greedy clients


async def test_a_client_that_never_ends_its_headers_is_hung_up_on() -> None:
    async with serving(limits=ServerLimits(header=0.3, drain=0.3, hard_exit=3)) as live:
        reader, writer = await opened(live, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        async with asyncio.timeout(4):  # Hypercorn's own limit is 5 s
            assert await reader.read() == b""
        writer.close()


async def test_a_dripping_header_does_not_move_the_deadline() -> None:
    async with serving(limits=ServerLimits(header=0.5, drain=0.3, hard_exit=3)) as live:
        reader, writer = await opened(live, b"GET /health HTTP/1.1\r\n")
        gone = asyncio.create_task(reader.read())
        while not gone.done():
            writer.write(b"X-Drip: drop\r\n")
            await asyncio.wait([gone], timeout=0.1)
        writer.close()


async def test_a_client_that_never_ends_its_body_gets_408() -> None:
    async with serving(body_seconds=0.3) as live:
        answer = await live.send(live.raw("POST", "/v1/chat/completions", ["Content-Length: 100"], b"{"))
    assert (answer.status, answer.json["error"]["code"]) == (408, "request_timeout")


async def test_health_answers_while_hundreds_of_slow_clients_hold_on() -> None:
    async with serving(limits=PATIENT) as live:
        half = [await opened(live, b"POST /v1/messages HTTP/1.1\r\nHost: local") for _ in range(100)]
        slow = live.raw("POST", "/v1/messages", ["Content-Length: 1000"], b"{")
        half += [await opened(live, slow) for _ in range(100)]
        answer = await live.request()
        for _, writer in half:
            writer.close()
    assert answer.status == 200


async def test_headers_over_the_limit_are_refused_in_one_piece_or_in_many() -> None:
    async with serving() as live:
        long = await live.request(headers=["X-Long: " + "x" * 33_000])
        many = await live.request(headers=[f"X-{number}: y" for number in range(101)])
        endless = await live.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-Big: " + b"x" * 200_000)
    assert [long.status, many.status, endless.status] == [431, 431, 431]


async def test_a_body_over_the_limit_is_413_with_and_without_a_length() -> None:
    async with serving(body_bytes_limit=1000) as live:
        large = chat_body(text="x" * 2000)
        known = await live.request("POST", "/v1/chat/completions", body=large)
        chunk = b"%x\r\n%s\r\n" % (len(large), large)
        unknown = await live.request(
            "POST", "/v1/messages", ["Transfer-Encoding: chunked"], chunk + chunk + b"0\r\n\r\n"
        )
    assert (known.status, known.json["error"]["code"]) == (413, "request_too_large")
    assert (unknown.status, unknown.json["error"]["type"]) == (413, "request_too_large")


async def test_a_client_that_is_refused_early_can_read_why_although_it_is_still_sending() -> None:
    async with serving() as live:
        body = chat_body(text="x" * 8_000_000)
        wrong_key = await live.request("POST", "/v1/chat/completions", body=body, key="wrong")
        wrong_path = await live.request("POST", "/v1/nothing", body=body)
    assert [wrong_key.status, wrong_path.status] == [401, 404]


async def test_an_endless_chunked_body_ends_in_413() -> None:
    async with serving(body_bytes_limit=100_000) as live:
        head = live.raw("POST", "/v1/chat/completions", ["Transfer-Encoding: chunked"], b"")
        reader, writer = await opened(live, head)
        answered = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        while not answered.done():
            writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            await asyncio.wait([answered], timeout=0.001)
        writer.close()
    assert parse(await answered).status == 413


async def test_chunk_sizes_and_lengths_that_lie_are_refused() -> None:
    async with serving() as live:
        chunked = ["Transfer-Encoding: chunked"]
        path = "/v1/chat/completions"
        bad = [
            await live.request("POST", path, chunked, b"fffffffffffffffffffff\r\n"),
            await live.request("POST", path, chunked, b"-1\r\nx\r\n"),
            await live.request("POST", path, ["Content-Length: -5"], b""),
            await live.request("POST", path, ["Content-Length: 1", "Content-Length: 2"], b"ab"),
            await live.request("POST", path, ["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
        ]
        healthy = await live.request()
    assert [400 <= answer.status < 600 for answer in bad] == [True] * 5
    assert healthy.status == 200


async def test_a_client_that_never_reads_loses_its_stream_and_its_engine_stops() -> None:
    flood = saying(*["x" * 4_000] * 16_000)
    async with serving(flood, limits=ServerLimits(write=0.3, drain=0.3, hard_exit=3)) as live:
        with socket.create_connection(("127.0.0.1", live.port)) as mute:
            mute.sendall(live.chat(stream=True))
            async with asyncio.timeout(10):
                await flood.stopped.wait()
    assert [event.outcome for event in live.events if isinstance(event, ExchangeEnded)] == [Outcome.CLIENT_LEFT]


# HTTP that is not plain HTTP/1.1


async def test_http_2_without_asking_is_refused() -> None:
    async with serving() as live:
        answer = await live.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    assert answer.status == 505


async def test_an_upgrade_to_http_2_is_ignored_and_the_request_answered() -> None:
    async with serving() as live:
        upgrade = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]
        reader, writer = await opened(live, live.raw(headers=upgrade))
        answer = parse(await reader.read())
        writer.close()
    assert (answer.status, answer.json["status"]) == (200, "ok")


async def test_a_websocket_is_refused_in_words() -> None:
    async with serving() as live:
        handshake = [
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ]
        reader, writer = await opened(live, live.raw(target="/v1/models", headers=handshake, close=False))
        answer = parse(await reader.readuntil(b"}}"))
        writer.close()
    assert answer.status == 403
    assert "WebSocket" in answer.json["error"]["message"]


async def test_garbage_is_answered_with_400_or_nothing_and_the_server_goes_on() -> None:
    async with serving() as live:
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 100, b"GET\r\n\r\n"):
            answer = await live.send(garbage)
            assert answer.status == 400
        assert (await live.request()).status == 200


# Stopping


async def test_while_answers_finish_new_ones_are_refused_in_the_callers_shape() -> None:
    go_on = asyncio.Event()
    engine = saying("first ", go_on, "last")
    async with serving(engine, limits=ServerLimits(drain=10, hard_exit=15)) as live:
        reader, writer = await opened(live, live.chat(stream=True))
        begun = await reader.readuntil(b"first ")
        live.stop.set()
        health = await live.request()
        refused = await live.request("POST", "/v1/chat/completions", body=chat_body())
        go_on.set()
        whole = parse(begun + await reader.read())
        writer.close()
        await live.run
    assert health.json["status"] == "closing"
    assert (refused.status, refused.header("retry-after")) == (503, "2")
    assert refused.json["error"]["code"] == "shutting_down"
    assert b"last" in whole.body


async def test_an_answer_that_outlasts_the_drain_ends_in_an_error_and_not_as_if_finished() -> None:
    engine = saying("first", asyncio.Event())
    async with serving(engine) as live:
        streaming = await opened(live, live.chat(stream=True))
        begun = await streaming[0].readuntil(b"first")
        waiting = await opened(live, live.chat())
        while engine.answering < 2:  # noqa: ASYNC110 - the engine counts, it has no event for its beginning
            await asyncio.sleep(0)
        live.stop.set()
        streamed, whole = parse(begun + await streaming[0].read()), parse(await waiting[0].read())
        await live.run
        for _, writer in (streaming, waiting):
            writer.close()
    last = streamed.body.rstrip().rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["code"] == "shutting_down"
    assert b"[DONE]" not in streamed.body
    assert (whole.status, whole.json["error"]["code"]) == (503, "shutting_down")
    assert engine.stopped.is_set()


async def test_a_stream_broken_off_by_force_does_not_look_finished() -> None:
    engine = saying("first", asyncio.Event())
    async with serving(engine) as live:
        reader, writer = await opened(live, live.chat(stream=True))
        begun = await reader.readuntil(b"first")
        live.run.cancel()
        await asyncio.wait([live.run])
        assert engine.stopped.is_set()
        try:
            rest = await reader.read()
        except ConnectionError:
            rest = b""
        writer.close()
    with pytest.raises(AssertionError, match="broke off"):
        parse(begun + rest)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_breaking_off_stops_the_engine_behind_a_client_that_has_already_asked_again() -> None:
    engine = saying("first", asyncio.Event())
    async with serving(engine) as live:
        _, writer = await opened(live, live.chat(close=False) + live.raw())
        await engine_works(engine)
        live.run.cancel()
        await asyncio.wait([live.run])
        assert engine.stopped.is_set()
        writer.close()


async def test_stopping_does_not_wait_for_idle_or_half_sent_or_mute_clients() -> None:
    flood = saying(*["x" * 4_000] * 16_000)
    async with serving(flood, limits=PATIENT) as live:
        idle = await opened(live, live.raw(close=False))
        await idle[0].readuntil(b"}")
        half_head = await opened(live, b"GET /health HTTP/1.1\r\nHost:")
        half_body = await opened(live, live.raw("POST", "/v1/messages", ["Content-Length: 1000"], b"{"))
        pipelining = await opened(live, live.chat() + live.raw() + live.raw())
        with socket.create_connection(("127.0.0.1", live.port)) as mute:
            mute.sendall(live.chat(stream=True))
            await engine_works(flood)
            live.stop.set()
            async with asyncio.timeout(PATIENT.hard_exit + 5):
                await live.run
            assert flood.answering == 0
        for _, writer in (idle, half_head, half_body, pipelining):
            writer.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
