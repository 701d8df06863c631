"""Apps people chat in."""

from __future__ import annotations

from app.ui.apps.asks import WEATHER, chat, message, models, permission
from app.ui.apps.card import IN_DOCKER, KEY_MARK, App, Field, Place

_USAGE = {"stream_options": {"include_usage": True}}
_OBSIDIAN = "app://obsidian.md"
_JAN = "tauri://localhost"
_JAN_ON_WINDOWS = "http://tauri.localhost"
_TYPINGMIND = "https://www.typingmind.com"
_CONTEXT = "200000"
_ALLOW = "In Tidegate, open Settings, Web pages, and allow {}."


def chat_apps(place: Place) -> tuple[App, ...]:
    return (
        _chatbox(place), _cherry_studio(place), _typingmind(place), _obsidian(place), _silly_tavern(place),
        _anything_llm(place), _jan(place), _raycast(place), _open_webui(place), _libre_chat(place), _lm_studio(place),
        *(_unproven(place, name) for name in ("BoltAI", "Msty")),
    )  # fmt: skip


def _usual(place: Place, address: str = "Base URL", *, model: bool = True) -> tuple[Field, ...]:
    fields = (Field(address, place.base), Field("API key", KEY_MARK), Field("Model", place.model))
    return fields if model else fields[:2]


def _chatbox(place: Place) -> App:
    return App(
        "chatbox", "Chatbox", "yes",
        "Everything works, pictures and tools too. The version in the browser needs its page allowed.",
        (Field("API mode", "OpenAI API Compatible", copy=False), *_usual(place, "API host")),
        (
            "Open Settings, Model Provider, and add a custom provider.",
            "Paste the fields. Keep the http:// in front: without it Chatbox tries https.",
            "Press Fetch beside the models, add the one you want, and choose it in a chat.",
        ),
        (models(), chat(place.model, {"temperature": 0.7, "top_p": 1, **_USAGE})),
    )  # fmt: skip


def _cherry_studio(place: Place) -> App:
    thinking = {"thinking": {"type": "disabled"}, "temperature": 1}
    return App(
        "cherry-studio", "Cherry Studio", "yes",
        "Everything works. Files other than pictures arrive as their text.",
        (Field("Provider type", "OpenAI", copy=False), Field("API Key", KEY_MARK),
         Field("API Host", place.address), Field("Model", place.model)),
        (
            "Open Settings, Model Provider, and add a provider of the type OpenAI.",
            "Paste key and host; Cherry Studio adds /v1 by itself.",
            "Press Manage to choose models, then switch the provider on.",
        ),
        (models(), chat(place.model, {**thinking, **_USAGE})),
    )  # fmt: skip


def _typingmind(place: Place) -> App:
    return App(
        "typingmind", "TypingMind", "partly",
        "The web version works once its page is allowed. Its desktop and Setapp versions insist on https.",
        (Field("Endpoint", f"{place.base}/chat/completions"), Field("Model ID", place.model),
         Field("Header, name", "Authorization"), Field("Header, value", f"Bearer {KEY_MARK}")),
        (
            _ALLOW.format(_TYPINGMIND),
            "In TypingMind, open Models, Add Custom Model, and choose OpenAI Compatible.",
            "Paste the fields and add the header.",
            "Chrome asks whether the page may reach devices on your network: allow it.",
        ),
        (permission(_TYPINGMIND), chat(place.model, origin=_TYPINGMIND)),
    )  # fmt: skip


def _obsidian(place: Place) -> App:
    return App(
        "obsidian-copilot", "Obsidian Copilot", "partly",
        "Works once Obsidian's page is allowed. With the plug-in's own CORS switch answers come all at once.",
        (Field("Provider", "3rd party (openai-format)", copy=False), *_usual(place)),
        (
            _ALLOW.format(_OBSIDIAN),
            "In Copilot's settings, open Model and press Add Custom Model.",
            "Paste the fields. Leave “Enable CORS” off, so that answers come piece by piece.",
        ),
        (permission(_OBSIDIAN), chat(place.model, {"temperature": 0.1, **_USAGE}, origin=_OBSIDIAN)),
    )  # fmt: skip


def _silly_tavern(place: Place) -> App:
    extra = {
        "temperature": 1, "max_tokens": 300, "max_completion_tokens": 300, "presence_penalty": 0,
        "frequency_penalty": 0, "top_p": 1, "seed": 7, "n": 1, "logit_bias": {}, "stop": ["\nYou:"],
    }  # fmt: skip
    return App(
        "sillytavern", "SillyTavern", "yes",
        "Works with both of its ways. Penalties, seed and token bias have no counterpart in Claude and are left out.",
        (Field("API", "Chat Completion", copy=False),
         Field("Chat Completion Source", "Custom (OpenAI-compatible)", copy=False),
         Field("Custom Endpoint (Base URL)", place.base), Field("Custom API Key", KEY_MARK),
         Field("Model ID", place.model)),
        (
            "Press the plug symbol at the top and choose Chat Completion.",
            "Paste the fields, then press Connect.",
            "Or choose Claude as the source, and enter the base URL as its reverse proxy and the key as its password.",
        ),
        (models(), chat(place.model, extra), message(place.model, {"stop_sequences": ["Me:"]}, path="/v1//messages")),
    )  # fmt: skip


def _anything_llm(place: Place) -> App:
    return App(
        "anythingllm", "AnythingLLM", "yes",
        "Works, with a limit of its own that has to be raised.",
        (Field("LLM Provider", "Generic OpenAI", copy=False), Field("Base URL", place.base),
         Field("API Key", KEY_MARK), Field("Chat Model Name", place.model), Field("Token context window", _CONTEXT),
         Field("Max Tokens", "8192")),
        (
            "Open Settings, AI Providers, LLM, and choose Generic OpenAI.",
            "Paste the fields. Its own defaults for the last two are far too small.",
            IN_DOCKER,
        ),
        (chat(place.model, {"temperature": 0.7, "max_tokens": 1024}),),
    )  # fmt: skip


def _jan(place: Place) -> App:
    return App(
        "jan", "Jan", "partly",
        "Works on Windows once it is allowed. On macOS and Linux it asks in the name of “null”, as any web page could, "
        "and is refused until a newer Jan asks in its own.",
        _usual(place),
        (
            _ALLOW.format(f"{_JAN} and {_JAN_ON_WINDOWS}"),
            "In Jan, open Settings, Model Providers, and press Add Provider.",
            "Paste address and key, then press Refresh beside the models.",
            "Choose the model in a new chat.",
        ),
        (models(origin=_JAN), chat(place.model, {"temperature": 0.7}, origin=_JAN_ON_WINDOWS)),
    )  # fmt: skip


def _raycast(place: Place) -> App:
    file = f"""providers:
  - id: tidegate
    name: Tidegate
    base_url: {place.base}
    api_keys:
      tidegate: {KEY_MARK}
    models:
      - id: {place.model}
        name: {place.model}
        context: {_CONTEXT}
        abilities:
          temperature:
            supported: true
          vision:
            supported: true
          tools:
            supported: true
"""
    return App(
        "raycast", "Raycast AI", "yes", "Works with Raycast's custom providers, which are set up in a file.",
        (Field("~/.config/raycast/ai/providers.yaml", file),),
        (
            "In Raycast, open Settings, AI, and switch Custom Providers on.",
            "Press Reveal Providers Config and paste this into providers.yaml.",
            "Choose the model in AI Chat.",
        ),
        (chat(place.model, {"temperature": 0.5, "tools": [WEATHER]}),),
    )  # fmt: skip


def _open_webui(place: Place) -> App:
    titles = {"messages": [{"role": "user", "content": "Suggest a title of three words for a chat about tides."}]}
    return App(
        "open-webui", "Open WebUI", "partly",
        "Works. In Docker, its usual way, it needs one setting of Tidegate more.",
        (Field("URL", place.base), Field("Key", KEY_MARK), Field("Model IDs", place.model)),
        (
            "Open Admin Panel, Settings, Connections, and add an OpenAI connection.",
            "Paste the fields, without a slash at the end of the address.",
            IN_DOCKER,
            "It asks for titles and follow-ups on its own: its Settings, Interface can have Haiku do that, or nobody.",
        ),
        (models(), chat(place.model, {**_USAGE, "tools": [WEATHER]}), chat(place.model, titles, stream=False)),
    )  # fmt: skip


def _libre_chat(place: Place) -> App:
    file = f"""endpoints:
  custom:
    - name: Tidegate
      apiKey: {KEY_MARK}
      baseURL: {place.base}
      models:
        default: [{place.model}]
        fetch: true
      titleConvo: true
      titleModel: haiku
      modelDisplayLabel: Claude
"""
    return App(
        "librechat", "LibreChat", "partly",
        "Works. In Docker, its usual way, it needs one setting of Tidegate more.",
        (Field("librechat.yaml", file),),
        (
            "Add this to librechat.yaml, beside whatever stands there.",
            IN_DOCKER,
            "Start LibreChat again and choose Tidegate.",
        ),
        (models(), chat(place.model, {"user": "65f0c0ffee"}), chat(place.model, stream=False)),
    )  # fmt: skip


def _lm_studio(place: Place) -> App:
    return App(
        "lm-studio", "LM Studio", "partly",
        "LM Studio runs models itself; to use Claude in it, it needs a plug-in for OpenAI-compatible addresses.",
        _usual(place),
        ("Install an OpenAI-compatible plug-in from LM Studio's hub.", "Paste the fields into the plug-in's settings."),
        (models(), chat(place.model)),
    )  # fmt: skip


def _unproven(place: Place, name: str) -> App:
    return App(
        name.lower(), name, "untried",
        "Should work as every app with OpenAI-compatible providers does, but we have not tried it.",
        _usual(place),
        ("Add a provider or model of the kind OpenAI-compatible.", "Paste the fields and choose the model."),
        (models(), chat(place.model)),
    )  # fmt: skip
