"""Editors, agents and automation; and the cards for every app that has none."""

from __future__ import annotations

from msgspec.structs import replace

from app.ui.apps.asks import WEATHER, absent, chat, message, models
from app.ui.apps.card import IN_DOCKER, KEY_MARK, App, Field, Place

_USAGE = {"stream_options": {"include_usage": True}}
_TOOLS = {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": True}


def tools(place: Place) -> tuple[App, ...]:
    ours = (
        _cline(place), _roo(place), _continue(place), _zed(place), _aider(place), _hermes(place), _openclaw(place),
        _home_assistant(place), _n8n(place), _iterm2(place), _cursor(),
    )  # fmt: skip
    every = (_any_openai(place), _any_anthropic(place))
    return (*(replace(app, group="tool") for app in ours), *(replace(app, group="any") for app in every))


def _cline(place: Place) -> App:
    return App(
        "cline", "Cline", "yes", "Works, with its tools and pictures.",
        (Field("API Provider", "OpenAI Compatible", copy=False), Field("Base URL", place.base),
         Field("OpenAI Compatible API Key", KEY_MARK), Field("Model ID", place.model)),
        ("Open Cline's settings, API Configuration.", "Choose OpenAI Compatible and paste the fields."),
        (chat(place.model, {"temperature": 0, **_USAGE}),),
    )  # fmt: skip


def _roo(place: Place) -> App:
    return App(
        "roo-code", "Roo Code", "yes", "Works, with its tools and pictures.",
        (Field("API Provider", "OpenAI Compatible", copy=False), Field("Base URL", place.base),
         Field("API Key", KEY_MARK), Field("Model", place.model)),
        ("Open Roo Code's settings, Providers.", "Choose OpenAI Compatible and paste the fields."),
        (models(), chat(place.model, {"temperature": 0, **_TOOLS, **_USAGE})),
    )  # fmt: skip


def _continue(place: Place) -> App:
    file = f"""models:
  - name: Claude by Tidegate
    provider: openai
    model: {place.model}
    apiBase: {place.base}
    apiKey: {KEY_MARK}
    useResponsesApi: false
    roles: [chat, edit, apply]
"""
    return App(
        "continue", "Continue", "yes", "Works for chat, edits and agent mode, not for completion while typing.",
        (Field("config.yaml", file),),
        ("Open Continue's configuration from the gear symbol.", "Add this under models, and choose it in the chat."),
        (chat(place.model, _USAGE),),
    )  # fmt: skip


def _zed(place: Place) -> App:
    file = f"""{{
  "language_models": {{
    "openai_compatible": {{
      "Tidegate": {{
        "api_url": "{place.base}",
        "available_models": [
          {{
            "name": "{place.model}",
            "display_name": "Claude by Tidegate",
            "max_tokens": 200000,
            "capabilities": {{ "tools": true, "images": true, "parallel_tool_calls": true, "prompt_cache_key": false }}
          }}
        ]
      }}
    }}
  }}
}}
"""
    return App(
        "zed", "Zed", "yes", "Works in the agent panel and the inline assistant.",
        (Field("settings.json", file), Field("API key", KEY_MARK)),
        (
            "Open Zed's settings file and add this to what stands there.",
            "Open the agent panel's settings and paste the key beside Tidegate, or set TIDEGATE_API_KEY for Zed.",
        ),
        (chat(place.model, {**_TOOLS, **_USAGE}),),
    )  # fmt: skip


def _aider(place: Place) -> App:
    lines = f"""export OPENAI_API_BASE={place.base}
export OPENAI_API_KEY={KEY_MARK}
aider --model openai/{place.model}
"""
    return App(
        "aider", "aider", "yes", "Works. It warns that it doesn't know the model; that does no harm.",
        (Field("Terminal", lines),),
        ("Paste these lines into a terminal, in your project's folder.",),
        (chat(place.model, {"temperature": 0}),),
    )  # fmt: skip


def _hermes(place: Place) -> App:
    file = f"""model:
  provider: custom
  default: {place.model}
  base_url: {place.base}
  api_key: {KEY_MARK}
  context_length: 200000
"""
    return App(
        "hermes", "Hermes Agent", "yes",
        "Works as a custom provider. Keep Ollama's interface switched off in Tidegate, or Hermes takes it for Ollama.",
        (Field("~/.hermes/config.yaml", file),),
        ("Put this into ~/.hermes/config.yaml in place of the model section.", "Start Hermes again."),
        (absent("/api/v1/models"), absent("/api/tags"), absent("/version"), absent("/v1/props"), models(),
         chat(place.model, {**_TOOLS, **_USAGE})),
    )  # fmt: skip


def _openclaw(place: Place) -> App:
    file = f"""{{
  "models": {{
    "providers": {{
      "tidegate": {{
        "baseUrl": "{place.base}",
        "apiKey": "{KEY_MARK}",
        "api": "openai-completions",
        "models": [
          {{
            "id": "{place.model}",
            "name": "Claude by Tidegate",
            "reasoning": false,
            "input": ["text", "image"],
            "contextWindow": 200000,
            "maxTokens": 8192
          }}
        ]
      }}
    }}
  }}
}}
"""
    return App(
        "openclaw", "OpenClaw, pi", "yes", "Works. The api line must stay, or answers come as [object Object].",
        (Field("openclaw.json", file),),
        ("Merge this into OpenClaw's configuration (pi: models.json, without the outer models).",
         f"Choose tidegate/{place.model} as the model."),
        (chat(place.model, {**_TOOLS, **_USAGE, "store": False}),),
    )  # fmt: skip


def _home_assistant(place: Place) -> App:
    return App(
        "home-assistant", "Home Assistant", "partly",
        "Works on this computer. From another machine it does once Tidegate listens beyond this computer, which wants "
        "an API key or a cloud provider as the way to Claude.",
        (Field("Server URL", place.base), Field("API key", KEY_MARK), Field("Model", place.model)),
        (
            "On another machine: set Listen on, in Tidegate's Settings, to 0.0.0.0, and use this computer's address.",
            "Install the integration Local OpenAI LLM from HACS.",
            "Add it under Settings, Devices & services, and paste the fields.",
        ),
        (models(), chat(place.model, {"temperature": 0.6, "tools": [WEATHER]})),
    )  # fmt: skip


def _n8n(place: Place) -> App:
    return App(
        "n8n", "n8n", "partly",
        "Works when n8n runs on this computer. n8n's cloud can't reach it.",
        (Field("Base URL", place.base), Field("API Key", KEY_MARK), Field("Model", place.model)),
        (
            "Add an OpenAI credential, paste the fields and save.",
            IN_DOCKER,
            "Use it in an OpenAI Chat Model node.",
        ),
        (models(), chat(place.model, {"tools": [WEATHER]}, stream=False)),
    )  # fmt: skip


def _iterm2(place: Place) -> App:
    return App(
        "iterm2", "iTerm2 AI", "yes", "Works; answers come all at once.",
        (Field("API URL", f"{place.base}/chat/completions"), Field("API Key", KEY_MARK), Field("Model", place.model)),
        ("Open Settings, General, AI.", "Configure the model by hand: paste the fields and choose Chat Completions."),
        (chat(place.model, {"max_tokens": 1024}, stream=False),),
    )  # fmt: skip


def _cursor() -> App:
    return App(
        "cursor", "Cursor", "no",
        "Cursor sends every request through its own cloud, which can't reach this computer. Opening this computer to "
        "the internet for it would put your account at risk, so Tidegate doesn't help with that.",
    )  # fmt: skip


def _any_openai(place: Place) -> App:
    return App(
        "openai-compatible", "Another app (OpenAI)", "yes",
        "Any app on this computer that lets you enter an address and a key for OpenAI's interface.",
        (Field("Address (base URL)", place.base), Field("Key", KEY_MARK), Field("Model", place.model)),
        (
            "Look in the app's settings for OpenAI-compatible, custom provider or base URL.",
            "Paste the fields. If it adds /v1 by itself, leave that out at the end of the address.",
            "If it is a web page, allow it in Tidegate's Settings, Web pages.",
        ),
        (models(), chat(place.model), chat(place.model, stream=False)),
    )  # fmt: skip


def _any_anthropic(place: Place) -> App:
    return App(
        "anthropic-compatible", "Another app (Anthropic)", "yes",
        "Any app on this computer that lets you enter an address and a key for Anthropic's interface.",
        (Field("Address (base URL)", place.address), Field("Key", KEY_MARK), Field("Model", place.model)),
        (
            "Look in the app's settings for Anthropic, Claude or base URL.",
            "Paste the fields. Most apps add /v1 by themselves; if yours doesn't, add it to the address.",
        ),
        (message(place.model), message(place.model, stream=False)),
    )  # fmt: skip
