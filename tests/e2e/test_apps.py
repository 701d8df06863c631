"""Each chat app, with the request it really sends and what it needs to see. Sources: the apps' code and documents."""

from __future__ import annotations

import ssl

import pytest

from tests.e2e.apps import ANTHROPIC, AS_A_PAGE, BEARER, DATA_URL, MODEL, OLDER, PNG, WEATHER, App, says
from tests.e2e.conftest import CONTAINERS_NAME, Running
from tests.stand_in.answer import Answer as Scripted
from tests.stand_in.answer import CallTool, Counts, Refusal, Say, Think, say
from tests.tidegate_process import KEY

THOUGHTFUL = Scripted((Think(("Let me", " think")), Say(("The", " answer"))))
CALLING = Scripted((Say(("Let me look.",)), CallTool("toolu_1", "get_weather", ('{"place"', ':"Oslo"}'))))


def test_chatbox(tidegate: Running):
    app = App(tidegate, {**BEARER, **AS_A_PAGE})
    with pytest.raises(ssl.SSLError):  # an address without http:// in front: it fails at once and does not hang
        app.knock_with_tls()
    models = app.get("/v1/models").json["data"]
    assert {"id", "name", "context_length", "architecture"} <= set(models[0])
    assert "image" in models[0]["architecture"]["input_modalities"]

    streamed = app.chat(
        model=MODEL, messages=[says(script=THOUGHTFUL)], temperature=0.7, max_tokens=4096, top_p=1, stream=True
    )
    assert streamed.text == "The answer"  # it takes <think> out of the text itself: there must be none
    assert "".join(delta.get("reasoning_content", "") for delta in streamed.deltas) == "Let me think"

    web = {**ANTHROPIC, "Origin": "https://web.chatboxai.app", "Sec-Fetch-Site": "cross-site"}
    claude = App(tidegate, {**web, "anthropic-dangerous-direct-browser-access": "true"})
    answer = claude.send("POST", "/messages", {"model": MODEL, "max_tokens": 4096, "messages": [says()]})
    assert answer.json["content"][0]["text"] == "Echo: Hello"
    assert answer.headers["access-control-allow-origin"] == "https://web.chatboxai.app"

    item = {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    body = {"model": MODEL, "input": [item], "stream": True, "store": False}
    responses = app.send("POST", "/v1/responses", body)
    assert responses.events[-1]["type"] == "response.completed"


def test_cherry_studio(tidegate: Running):
    app = App(tidegate, {**BEARER, **AS_A_PAGE, "x-stainless-lang": "js", "x-stainless-runtime": "browser:chrome"})
    assert all(model["id"] == model["id"].strip() for model in app.get("/v1/models").json["data"])
    assert app.get("/api/tags").status == 404  # it asks there only when it was told that this is Ollama

    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "report.pdf\nThe text of the PDF"}]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call_0", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_0", "content": '[{"type":"text","text":"rain"}]'},
        says(script=THOUGHTFUL),
    ]
    answer = app.chat(
        model=MODEL,
        messages=history,
        tools=[WEATHER],
        temperature=0.7,
        top_p=0.9,
        stream=True,
        stream_options={"include_usage": True},
        thinking={"type": "enabled", "budget_tokens": 4096},
        reasoning_effort="medium",
        enable_thinking=True,
    )
    assert answer.text == "The answer"
    assert answer.chunks[-1]["usage"]["total_tokens"]
    assert (
        answer.headers["x-tidegate-ignored"] == "thinking, temperature, top_p"
    )  # this model measures its own thinking

    native = App(tidegate, {**ANTHROPIC, **AS_A_PAGE, "anthropic-dangerous-direct-browser-access": "true"})
    thinking = {"type": "enabled", "budget_tokens": 4096}
    body = {"model": MODEL, "max_tokens": 8192, "stream": True, "thinking": thinking, "system": "Be brief."}
    events = native.send("POST", "/v1/messages", {**body, "messages": [says(script=THOUGHTFUL)]}).events
    kinds = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert kinds == ["thinking", "text"]


def test_open_webui(tidegate: Running):
    app = App(tidegate, {**BEARER, "X-OpenWebUI-Chat-Id": "chat-1", "X-OpenWebUI-User-Name": "Ann%20Example"})
    assert app.get("/v1/models").json["object"] == "list"
    assert app.get("/v1//models").json["data"]  # a slash too many at the end of the address

    called = app.chat(
        model=MODEL,
        messages=[{"role": "system", "content": ""}, says(script=CALLING)],
        tools=[WEATHER],
        stream=True,
        stream_options={"include_usage": True},
        reasoning={"effort": "low"},
        metadata={"chat_id": "chat-1"},
    )
    calls = [call for delta in called.deltas for call in delta.get("tool_calls", ())]
    assert [call["index"] for call in calls] == [0] * len(calls)  # without an index the reply stays blank
    assert [call["id"] for call in calls if "id" in call] == ["toolu_1"]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"place":"Oslo"}'
    assert called.chunks[-1]["choices"] == []

    for task in ("Make a title.", "Make tags.", "Make follow-ups."):
        made = app.chat(model=MODEL, messages=[says(task)], stream=False, max_completion_tokens=1000)
        assert made.text == f"Echo: {task}"
    responses = app.send("POST", "/v1/responses", {"model": MODEL, "input": "Hello", "stream": True})
    assert responses.events[-1]["type"] == "response.completed"

    page = {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"}  # a direct connection of the browser's
    assert App(tidegate, page).preflight().headers["access-control-allow-origin"] == "http://localhost:8080"
    assert App(tidegate, {**BEARER, **page}).chat(model=MODEL, messages=[says()], stream=True).text == "Echo: Hello"
    contained = App(tidegate, {**BEARER, "Host": f"{CONTAINERS_NAME}:{app.port}"})
    assert contained.get("/v1/models").json["data"]

    failed = app.chat(model="llama3", messages=[says()], stream=True)
    assert (failed.status, failed.headers["content-type"]) == (404, "application/json")  # as a stream it hangs


def test_librechat(tidegate: Running):
    app = App(tidegate, {**BEARER, "User-Agent": "LibreChat"})
    assert app.get("/v1/models").json["data"]

    body = {"model": MODEL, "user": "656e1f", "stream": True, "messages": [says(name="Ann", script=say("Hi"))]}
    answer = app.chat(**body)
    assert (answer.text, answer.headers["x-tidegate-ignored"]) == ("Hi", "messages.name")
    title = app.chat(model=MODEL, messages=[says("Title?")], temperature=0.2, presence_penalty=0, frequency_penalty=0)
    assert title.text == "Echo: Title?"

    native = App(tidegate, ANTHROPIC)
    body = {"model": MODEL, "max_tokens": 8192, "stream": True, "messages": [says()]}
    events = native.send("POST", "/v1/messages", body).events
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")


def test_sillytavern(tidegate: Running):
    app = App(tidegate)
    assert all("id" in model for model in app.get("/v1/models").json["data"])

    habits = {
        "temperature": 1.2,
        "max_tokens": 300,
        "max_completion_tokens": 300,
        "presence_penalty": 0.2,
        "frequency_penalty": 0.1,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["\nAnn:"],
        "logit_bias": {"50256": -100},
        "seed": 1234,
        "n": 1,
        "logprobs": True,
        "stream": True,
    }
    answer = app.chat(model=OLDER, messages=[says(script=say("Once", " upon"))], **habits)
    assert answer.text == "Once upon"
    assert {"temperature", "presence_penalty", "frequency_penalty", "logit_bias", "seed", "logprobs"} <= set(
        answer.headers["x-tidegate-ignored"].split(", ")
    )

    claude = App(tidegate, {"x-api-key": KEY, "anthropic-version": "2023-06-01"})
    prefilled = [says("Go on."), {"role": "assistant", "content": "Once"}]
    body = {"model": OLDER, "max_tokens": 300, "messages": prefilled, "system": "", "stop_sequences": ["\nAnn:"]}
    for path in ("//messages", "/messages", "/v1/messages"):
        answer = claude.send("POST", path, {**body, "temperature": 1, "top_k": 40})
        assert answer.json["content"][0]["text"].endswith("Go on.")  # it reads the first block and no other

    limited = app.chat(model=MODEL, messages=[says(script=Refusal(429, headers=(("retry-after", "7"),)))])
    wait = "7" if tidegate.engine == "direct" else "5"  # the agent's program keeps the service's own word to itself
    assert (limited.status, limited.headers.get("retry-after")) == (429, wait)


def test_obsidian_copilot(tidegate: Running):
    page = {"Origin": "app://obsidian.md", "Sec-Fetch-Site": "cross-site"}
    asked = "authorization,content-type,anthropic-dangerous-direct-browser-access,x-stainless-os,x-stainless-arch"
    asked += ",user-agent"  # Safari and Firefox ask for it, where the official clients set one of their own
    preflight = App(tidegate, page).preflight(asked=asked)
    assert preflight.status == 204
    assert set(asked.split(",")) <= set(preflight.headers["access-control-allow-headers"].split(", "))

    app = App(tidegate, {**BEARER, **page, "anthropic-dangerous-direct-browser-access": "true"})
    answer = app.chat(
        model=MODEL,
        messages=[says(script=THOUGHTFUL)],
        temperature=0.1,
        max_tokens=6000,
        stream=True,
        stream_options={"include_usage": True},
    )
    assert answer.headers["access-control-allow-origin"] == "app://obsidian.md"
    assert "<think>" not in answer.text
    assert [delta["reasoning_content"] for delta in answer.deltas if "reasoning_content" in delta]

    as_lm_studio = app.send("POST", "/v1/responses", {"model": MODEL, "input": "Hello", "stream": False})
    assert as_lm_studio.json["output"][-1]["content"][0]["text"] == "Echo: Hello"


def test_anythingllm(tidegate: Running):
    picture = {"type": "image_url", "image_url": {"url": DATA_URL, "detail": "high"}}
    content = [{"type": "text", "text": "What is this?"}, picture]
    answer = App(tidegate).chat(
        model=MODEL, messages=[{"role": "user", "content": content}], max_tokens=1024, temperature=0.7, stream=True
    )
    assert "message 0: image/png" in answer.text
    assert all(chunk["choices"] for chunk in answer.chunks)  # it asked for no usage, and can't read a chunk without


def test_jan(tidegate: Running):
    listing = App(tidegate, {**BEARER, "x-api-key": KEY, "Content-Type": "application/json"})
    listed = [model["id"] for model in listing.send("GET", "/v1/models", Origin="tauri://localhost").json["data"]]
    body = {"model": listed[0], "stream": True, "max_tokens": 2048, "frequency_penalty": 0, "presence_penalty": 0}
    strict = {**WEATHER, "function": {**WEATHER["function"], "strict": False}}  # type: ignore[dict-item]
    history = [{"role": "system", "content": "Be brief."}, says()]
    habits = {**body, "messages": history, "top_p": 0.95, "tools": [strict], "tool_choice": "auto"}
    on_windows = App(tidegate, {**BEARER, "Origin": "http://tauri.localhost"})
    assert on_windows.chat(**habits).text == "Echo: Hello"
    elsewhere = App(tidegate, {**BEARER, "Origin": "null"}).chat(**habits)  # as every page in a sandbox says
    assert (elsewhere.status, elsewhere.error["code"]) == (403, "origin_not_allowed")


def test_lm_studio(tidegate: Running):
    answer = App(tidegate).chat(model=MODEL, messages=[says()], max_tokens=-1, stream=True)
    assert answer.text == "Echo: Hello"


def test_typingmind(tidegate: Running):
    page = {"Origin": "https://www.typingmind.com", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    asking = App(tidegate, {**page, "Access-Control-Request-Private-Network": "true"})
    preflight = asking.preflight(asked="authorization,content-type,http-referer,x-title")
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert preflight.headers["access-control-allow-origin"] == "https://www.typingmind.com"

    app = App(tidegate, {**BEARER, **page, "HTTP-Referer": "https://www.typingmind.com", "X-Title": "TypingMind"})
    answer = app.chat(
        model=MODEL, messages=[says()], stream=True, temperature=0.7, stream_options={"include_usage": True}
    )
    assert (answer.text, answer.headers["vary"]) == ("Echo: Hello", "Origin")

    elsewhere = App(tidegate, {**BEARER, **page, "Origin": "https://typingmind.com.evil.example"})
    refused = elsewhere.chat(model=MODEL, messages=[says()])
    assert refused.status == 403
    assert "allowed_origins" in refused.error["message"]


def test_raycast(tidegate: Running):
    app = App(tidegate)
    habits = {"model": MODEL, "temperature": 0.5, "tools": [WEATHER], "tool_choice": "auto", "stream": True}
    history = [{"role": "system", "content": "You are Raycast AI."}, says(script=CALLING)]
    called = app.chat(**habits, messages=history, reasoning_effort="high")
    assert called.chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    picture = {"type": "image_url", "image_url": {"url": DATA_URL}}
    seen = app.chat(**habits, messages=[{"role": "user", "content": [picture, {"type": "text", "text": "?"}]}])
    assert "message 0: image/png" in seen.text


def test_boltai(tidegate: Running):
    answer = App(tidegate).chat(model="opus", messages=[says()], stream=True, temperature=1, top_p=1)
    assert {chunk["model"] for chunk in answer.chunks} == {"opus"}


def test_msty(tidegate: Running):
    app = App(tidegate)
    assert app.get("/models").json == app.get("/v1/models").json
    script = say("Hi", usage=Counts(input_tokens=9, output_tokens=4))
    answer = app.chat("/chat/completions", model=MODEL, messages=[says(script=script)], stream=False)
    assert answer.json["usage"]["total_tokens"] == 13


def test_apps_that_speak_anthropic_send_pictures_the_same_way(tidegate: Running):
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "x"}]
    body = {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": content}]}
    answer = App(tidegate, ANTHROPIC).send("POST", "/v1/messages", body)
    assert "message 0: image/png" in answer.json["content"][0]["text"]
