"""What the bundle will be on each system: the spec is run with a packager that only takes note."""

from __future__ import annotations

import importlib.util
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.tidegate_process import ROOT

SPEC = ROOT / "packaging" / "tidegate.spec"


@dataclass
class Noted:
    """What the spec asked the packager for."""

    programs: list[dict[str, Any]] = field(default_factory=list)
    analysis: Any = None
    bundle: dict[str, Any] | None = None
    sources: list[str] = field(default_factory=list)


def run_spec(folder: Path, system: str, monkeypatch: pytest.MonkeyPatch, found: dict[str, list[Any]]) -> Noted:
    """`found`: what the packager's analysis says belongs in."""
    noted = Noted()

    class Analysis:
        scripts: list[Any]
        pure: list[Any]

        def __init__(self, _scripts: list[str], **asked: Any) -> None:
            self.asked = asked
            self.scripts, self.pure = [], []
            self.binaries, self.datas = found.get("binaries", []), found.get("datas", [])
            noted.analysis = self

    hooks = types.ModuleType("PyInstaller.utils.hooks")
    for name in ("collect_data_files", "collect_submodules", "copy_metadata"):
        setattr(hooks, name, lambda *_, **__: [])
    monkeypatch.setitem(sys.modules, "PyInstaller", types.ModuleType("PyInstaller"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils", types.ModuleType("PyInstaller.utils"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    monkeypatch.setattr(sys, "platform", system)

    def program(*_parts: Any, **asked: Any) -> str:
        noted.programs.append(asked)
        return str(asked["name"])

    def bundle(*_parts: Any, **asked: Any) -> None:
        noted.bundle = asked

    names = {"SPECPATH": str(SPEC.parent), "workpath": str(folder), "Analysis": Analysis, "PYZ": lambda *_: None,
             "EXE": program, "COLLECT": lambda *_, **__: None, "BUNDLE": bundle}  # fmt: skip
    exec(compile(SPEC.read_text("utf-8"), SPEC, "exec"), names)
    noted.sources = (folder / "sources.txt").read_text("utf-8").splitlines()
    return noted


def test_on_windows_the_program_has_no_console_and_a_second_one_has(tmp_path, monkeypatch):
    noted = run_spec(tmp_path, "win32", monkeypatch, {})
    assert [(each["name"], each["console"]) for each in noted.programs] == [
        ("Tidegate", False),
        ("tidegate-console", True),
    ]


def test_on_macos_it_lives_in_the_menu_bar_and_not_in_the_dock(tmp_path, monkeypatch):
    noted = run_spec(tmp_path, "darwin", monkeypatch, {})
    assert noted.bundle is not None
    assert (noted.bundle["name"], noted.bundle["bundle_identifier"]) == ("Tidegate.app", "app.tidegate.Tidegate")
    assert noted.bundle["info_plist"]["LSUIElement"] is True
    assert [(each["name"], each["console"]) for each in noted.programs] == [("tidegate", False)]


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_nothing_is_packed_or_stripped_and_the_cli_is_left_to_be_added_as_it_is(tmp_path, monkeypatch, system):
    cli = ("claude_agent_sdk/_bundled/claude", "/site-packages/claude_agent_sdk/_bundled/claude", "DATA")
    page = ("app/ui/static/index.html", str(ROOT / "app/ui/static/index.html"), "DATA")
    noted = run_spec(tmp_path, system, monkeypatch, {"datas": [cli, page]})
    assert noted.analysis.datas == [page]
    assert {(each["upx"], each["strip"]) for each in noted.programs} == {(False, False)}
    assert page[1] in noted.sources


def test_on_linux_gtk_and_what_belongs_to_it_stay_the_systems(tmp_path, monkeypatch):
    system = "/usr/lib/x86_64-linux-gnu"
    theirs = ["libgtk-3.so.0", "libglib-2.0.so.0", "libcairo.so.2", "libstdc++.so.6", "libreadline.so.8", "libc.so.6"]
    ours = ["libssl.so.3", "libcrypto.so.3", "libffi.so.8", "libsqlite3.so.0", "libpython3.11.so.1.0", "libz.so.1"]
    found = [(name, f"{system}/{name}", "BINARY") for name in (*theirs, *ours)]
    wheel = ("PIL/_imaging.so", "/venv/site-packages/PIL/_imaging.so", "EXTENSION")
    module = ("lib-dynload/_ssl.so", "/usr/lib/python3.11/lib-dynload/_ssl.so", "EXTENSION")
    noted = run_spec(tmp_path, "linux", monkeypatch, {"binaries": [*found, wheel, module]})
    assert [name for name, _, _ in noted.analysis.binaries] == [*ours, wheel[0], module[0]]
    assert "gi" in noted.analysis.asked["excludes"]
    assert "readline" in noted.analysis.asked["excludes"]


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_of_packages", ROOT / "packaging" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_in_a_mac_program_only_code_lies_among_code(tmp_path, build):
    app = tmp_path / "Tidegate.app"
    code, text = Path("claude_agent_sdk/_bundled/claude"), Path("claude_agent_sdk/_bundled/claude.version")
    build.place(app, code, code=True).write_text("code")
    for part in (text, Path("LICENCES.txt")):
        for _ in range(2):
            build.place(app, part, code=False).write_text("text")
    inside = app / "Contents"
    assert (inside / "Frameworks" / text).read_text() == "text"
    files = [file for file in (inside / "Frameworks").rglob("*") if file.is_file() and not file.is_symlink()]
    assert files == [inside / "Frameworks" / code]
    assert (inside / "Resources" / "LICENCES.txt").is_file()


def test_where_the_packager_linked_the_folder_there_is_nothing_to_link(tmp_path, build):
    inside = tmp_path / "Tidegate.app" / "Contents"
    (inside / "Resources" / "part").mkdir(parents=True)
    (inside / "Frameworks").mkdir()
    (inside / "Frameworks" / "part").symlink_to("../Resources/part")
    build.place(tmp_path / "Tidegate.app", Path("part/words.txt"), code=False).write_text("text")
    assert (inside / "Frameworks/part/words.txt").read_text() == "text"
    assert not (inside / "Resources/part/words.txt").is_symlink()
