"""The shape of the program: who may import whom, and which library lives where."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidegate_process import ROOT, environment

SOURCES = sorted((ROOT / "app").rglob("*.py"))
HOMES = {
    "quart": ("app/proxy/application.py", "app/proxy/access.py", "app/proxy/failures.py",
              "app/proxy/system_routes.py", "app/proxy/session_routes.py",
              "app/proxy/dialects/serve.py", "app/proxy/dialects/whole_body.py",
              "app/proxy/dialects/*/routes.py", "app/proxy/dashboard_chat.py",
              "app/ui/api/*.py"),
    "hypercorn": ("app/proxy/server.py", "app/proxy/connection.py", "app/proxy/lingering.py"),
    "claude_agent_sdk": ("app/proxy/engines/agent_sdk/*.py",),
    "anthropic": ("app/proxy/engines/direct_api/*.py",),
    "keyring": ("app/core/secrets.py",),
    "pystray": ("app/tray/icon.py",),
    "PIL": ("app/tray/images.py",),
    "webview": ("app/ui/window.py",),
    "platformdirs": ("app/core/paths.py",),
    "apscheduler": ("app/upkeep.py",),
    "tomlkit": ("app/core/settings_file.py",),
}  # fmt: skip
"""One home per library: a change of version is felt in one place."""

HEAVY = {
    "claude_agent_sdk",
    "anthropic",
    "quart",
    "hypercorn",
    "keyring",
    "mcp",
    "tomlkit",
    "psutil",
    "httpx",
    "asyncio",
}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_import_goes_in_an_allowed_direction():
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_in_its_home(library: str):
    users = {
        place(path)
        for path in SOURCES
        if any(name.split(".")[0] == library for name in imported(ast.parse(path.read_text("utf-8"))))
    }
    strangers = {user for user in users if not any(Path(user).match(home) for home in HOMES[library])}
    assert strangers == set()


def test_no_file_has_grown_past_300_lines():
    packaging = (ROOT / "packaging").rglob("*.py")
    lengths = {place(path): len(path.read_text("utf-8").splitlines()) for path in (*SOURCES, *packaging)}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_packaging_does_not_shadow_the_library_of_that_name():
    assert not (ROOT / "packaging" / "__init__.py").exists()


def module_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run at import, without the bodies of functions and classes."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            yield node


def test_nothing_reads_the_environment_or_a_file_while_it_is_imported():
    effects = {"environ", "getenv", "open", "read_text", "read_bytes", "getcwd", "cwd", "home"}
    found = {
        f"{place(path)}:{node.lineno}"
        for path in SOURCES
        for statement in module_level(ast.parse(path.read_text("utf-8")))
        for node in ast.walk(statement)
        if (isinstance(node, ast.Attribute) and node.attr in effects)
        or (isinstance(node, ast.Name) and node.id in effects)
    }
    assert found == set()


def test_no_function_changes_a_variable_of_its_module():
    found = {
        f"{place(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Global)
    }
    assert found == set()


@pytest.mark.parametrize("code", ["import app.cli", "from app.cli import run; run(['version'])"])
def test_the_command_line_starts_without_loading_anything_heavy(tmp_path: Path, code: str):
    script = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert set(ran.stdout.splitlines()[-1].split()) & HEAVY == set()


def test_the_icon_shows_before_anything_heavy_is_loaded(tmp_path: Path):
    script = """
import os, sys
from app.tray import icon

class Shown:
    def run(self, on_shown):
        print(*sorted({name.split(".")[0] for name in sys.modules}), flush=True)
        os._exit(0)
    def __getattr__(self, _name):
        return lambda *_: None

icon.open_icon = lambda *_: Shown()
from app.cli import run
run([])
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert {"app", "PIL"} <= loaded
    assert loaded & HEAVY == set()


def test_serving_the_demo_loads_neither_way_to_claude(tmp_path: Path):
    script = (
        "import os, sys\nfrom app import bootstrap\nfrom app.core.paths import paths_from\n"
        "settings = bootstrap.load({}, os.environ, paths_from(os.environ))\n"
        "bootstrap.build(settings, os.environ).runtime.start()\n"
        "print(*{'claude_agent_sdk', 'anthropic', 'keyring'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == ""


def test_an_engine_is_loaded_only_once_the_program_serves(tmp_path: Path):
    script = (
        "import os, sys\nfrom app import bootstrap\nfrom app.core.paths import paths_from\n"
        "settings = bootstrap.load({}, os.environ, paths_from(os.environ))\n"
        "assert bootstrap.build(settings, os.environ).engines[0].name == 'agent'\n"
        "print(*{'claude_agent_sdk', 'mcp', 'pydantic'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment(tmp_path), "TIDEGATE_ENGINE": "agent", "ANTHROPIC_API_KEY": "sk-ant-dummy"},
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == ""
