"""What of the environment an engine may see, and which way to Claude it amounts to. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Literal

_CREDENTIALS = re.compile(
    r"ANTHROPIC_(API_KEY|AUTH_TOKEN|BASE_URL)|CLAUDE_CODE_(OAUTH_TOKEN|DISABLE_NONESSENTIAL_TRAFFIC)|CLAUDE_CONFIG_DIR"
)
"""The signed-in program's own, and one switch that can only make it quieter."""

_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": re.compile(r"AWS_\w+|ANTHROPIC_BEDROCK_\w+|CLAUDE_CODE_SKIP_BEDROCK_AUTH"),
    "CLAUDE_CODE_USE_VERTEX": re.compile(
        r"GOOGLE_\w+|CLOUDSDK_\w+|GCLOUD_PROJECT|CLOUD_ML_REGION|VERTEX_REGION_\w+|ANTHROPIC_VERTEX_\w+"
        r"|CLAUDE_CODE_SKIP_VERTEX_AUTH"
    ),
    "CLAUDE_CODE_USE_FOUNDRY": re.compile(
        r"AZURE_\w+|(IDENTITY|MSI)_\w+|ANTHROPIC_FOUNDRY_\w+|CLAUDE_CODE_SKIP_FOUNDRY_AUTH"
    ),
}
"""The switch of each cloud provider, and the variables that only matter, and only pass, while it is on."""

_NEEDED_TO_RUN = re.compile(
    r"HOME|PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|USER|LOGNAME|SHELL|XDG_\w+|DBUS_SESSION_BUS_ADDRESS"
    r"|LD_LIBRARY_PATH|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)"
    r"|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|PROGRAMFILES\(X86\)"
    r"|USERPROFILE|USERNAME|USERDOMAIN|HOMEDRIVE|HOMEPATH|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS|OS",
    re.IGNORECASE,  # Windows spells them Path, SystemRoot …; proxies are also written in small letters
)


class Method(Enum):
    """The way to Claude that wins. The order is the one the signed-in program itself uses, a kept key being a key."""

    BEDROCK = "Amazon Bedrock", "Claude through Amazon Bedrock: your AWS account pays, under AWS's terms."
    VERTEX = (
        "Google Vertex AI",
        "Claude through Google Vertex AI: your Google Cloud account pays, under Google's terms.",
    )
    FOUNDRY = "Microsoft Foundry", "Claude through Microsoft Foundry: your Azure account pays, under Microsoft's terms."
    AUTH_TOKEN = (
        "ANTHROPIC_AUTH_TOKEN",
        "Claude with the token in ANTHROPIC_AUTH_TOKEN, under the terms of whoever issued it.",
    )
    API_KEY = (
        "ANTHROPIC_API_KEY",
        "Claude with the API key in ANTHROPIC_API_KEY: paid per use, under Anthropic's Commercial Terms.",
    )
    KEPT_KEY = (
        "API key",
        "Claude with the API key kept in Tidegate: paid per use, under Anthropic's Commercial Terms.",
    )
    OAUTH_TOKEN = (
        "CLAUDE_CODE_OAUTH_TOKEN",
        "Claude with your own Claude Code token, for you alone on this computer, under Anthropic's terms for it.",
    )
    ACCOUNT = (
        "Claude Code sign-in",
        "Claude as whoever is signed in to Claude Code here, for them alone, under Anthropic's terms for their plan.",
    )
    NONE = "none", "The demo only: nothing is sent anywhere, and nobody's terms apply."

    @property
    def label(self) -> str:
        """A name of a few words; never the secret."""
        return self.value[0]

    @property
    def sentence(self) -> str:
        """Which credential is in use and whose terms apply."""
        return self.value[1]


def engine_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What an engine's process gets: the credentials it may need and what any process needs to run; nothing else.

    A packaged Tidegate runs with its own library path and keeps the person's in LD_LIBRARY_PATH_ORIG; the child
    needs the person's.
    """
    patterns = [_CREDENTIALS, _NEEDED_TO_RUN]
    for switch, variables in _CLOUDS.items():
        if _is_on(environ, switch):
            patterns += [re.compile(switch), variables]
    allowed = {name: value for name, value in environ.items() if any(pattern.fullmatch(name) for pattern in patterns)}
    if "LD_LIBRARY_PATH_ORIG" in environ:
        allowed["LD_LIBRARY_PATH"] = environ["LD_LIBRARY_PATH_ORIG"]
    return allowed


def active_method(environ: Mapping[str, str], *, kept_key: bool) -> Method:
    """Which credential wins. ACCOUNT when nothing else is there: only asking tells whether anybody is signed in."""
    for switch, method in zip(_CLOUDS, (Method.BEDROCK, Method.VERTEX, Method.FOUNDRY), strict=True):
        if _is_on(environ, switch):
            return method
    if environ.get("ANTHROPIC_AUTH_TOKEN"):
        return Method.AUTH_TOKEN
    if environ.get("ANTHROPIC_API_KEY"):
        return Method.API_KEY
    if kept_key:
        return Method.KEPT_KEY
    if environ.get("CLAUDE_CODE_OAUTH_TOKEN"):
        return Method.OAUTH_TOKEN
    return Method.ACCOUNT


def engine_for(method: Method) -> Literal["agent", "direct", "demo"]:
    """The engine `auto` stands for: an API key goes straight to the service, everything else through the SDK."""
    match method:
        case Method.API_KEY | Method.KEPT_KEY:
            return "direct"
        case Method.NONE:
            return "demo"
        case _:
            return "agent"


def _is_on(environ: Mapping[str, str], switch: str) -> bool:
    return environ.get(switch, "").strip().lower() in ("1", "true", "yes", "on")
