"""What an engine sees of the environment, and which credential wins."""

from __future__ import annotations

import pytest

from app.core.environment import Method, active_method, engine_environment, engine_for


def test_credentials_and_what_a_child_needs_pass_and_nothing_else_does():
    passing = {
        "HOME": "/home/a",
        "PATH": "/bin",
        "LANG": "C",
        "LC_ALL": "C",
        "TMPDIR": "/t",
        "USER": "a",
        "XDG_CACHE_HOME": "/c",
        "Path": "C:\\",
        "SystemRoot": "C:\\Windows",
        "ProgramFiles(x86)": "C:\\p",
        "https_proxy": "http://p:1",
        "NODE_EXTRA_CA_CERTS": "/ca",
        "ANTHROPIC_API_KEY": "k",
        "ANTHROPIC_AUTH_TOKEN": "t",
        "ANTHROPIC_BASE_URL": "u",
        "CLAUDE_CODE_OAUTH_TOKEN": "o",
        "CLAUDE_CONFIG_DIR": "/d",
    }
    stopped = {
        "TIDEGATE_API_KEY": "tg",
        "OPENAI_API_KEY": "x",
        "GITHUB_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "LD_PRELOAD": "x",
        "NODE_OPTIONS": "x",
        "PYTHONPATH": "x",
        "ANTHROPIC_MODEL": "x",
        "CLAUDECODE": "1",
        "CLAUDE_CODE_ENTRYPOINT": "x",
        "MY_HOME": "x",
        "PATHS": "x",
        "CLAUDE_CODE_USE_BEDROCK": "0",
    }
    assert engine_environment(passing | stopped) == passing


@pytest.mark.parametrize(
    ("switch", "own"),
    [
        ("CLAUDE_CODE_USE_BEDROCK", {"AWS_REGION": "r", "AWS_BEARER_TOKEN_BEDROCK": "t"}),
        ("CLAUDE_CODE_USE_VERTEX", {"GOOGLE_APPLICATION_CREDENTIALS": "/g", "ANTHROPIC_VERTEX_PROJECT_ID": "p"}),
        ("CLAUDE_CODE_USE_FOUNDRY", {"AZURE_CLIENT_ID": "a", "ANTHROPIC_FOUNDRY_RESOURCE": "f"}),
    ],
)
def test_a_clouds_credentials_pass_only_while_it_is_switched_on(switch: str, own: dict[str, str]):
    clouds = {"AWS_PROFILE": "a", "GOOGLE_CLOUD_PROJECT": "g", "AZURE_TENANT_ID": "z"}
    given = engine_environment({switch: "1"} | own | clouds)
    assert given.keys() - own.keys() - {switch} == {
        name for name in clouds if name.split("_")[0] == next(iter(own)).split("_")[0]
    }
    assert engine_environment(own | clouds) == {}


def test_a_packaged_program_gives_its_child_the_persons_library_path():
    environ = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/usr/local/lib"}
    assert engine_environment(environ) == {"LD_LIBRARY_PATH": "/usr/local/lib"}


def test_the_credential_that_wins_is_the_one_the_signed_in_program_would_take():
    environ = {
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "CLAUDE_CODE_USE_VERTEX": "true",
        "CLAUDE_CODE_USE_FOUNDRY": "1",
        "ANTHROPIC_AUTH_TOKEN": "t",
        "ANTHROPIC_API_KEY": "k",
        "CLAUDE_CODE_OAUTH_TOKEN": "o",
    }
    winners = []
    for name in tuple(environ):
        winners.append(active_method(environ, kept_key=False))
        del environ[name]
    winners.append(active_method(environ, kept_key=False))
    assert winners == [
        Method.BEDROCK,
        Method.VERTEX,
        Method.FOUNDRY,
        Method.AUTH_TOKEN,
        Method.API_KEY,
        Method.OAUTH_TOKEN,
        Method.ACCOUNT,
    ]
    assert active_method({"CLAUDE_CODE_OAUTH_TOKEN": "o"}, kept_key=True) is Method.KEPT_KEY
    assert active_method({"ANTHROPIC_API_KEY": "k"}, kept_key=True) is Method.API_KEY
    assert active_method({"CLAUDE_CODE_USE_BEDROCK": "0"}, kept_key=False) is Method.ACCOUNT


def test_only_an_api_key_goes_straight_to_the_service():
    assert {method: engine_for(method) for method in Method if engine_for(method) != "agent"} == {
        Method.API_KEY: "direct",
        Method.KEPT_KEY: "direct",
        Method.NONE: "demo",
    }


def test_every_method_says_whose_terms_apply():
    assert [method for method in Method if "terms" not in method.sentence.lower()] == []
