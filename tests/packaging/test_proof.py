"""What excuses a step of `make package-test`, and what does not."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tidegate_process import ROOT


@pytest.fixture
def proof(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, on a machine with root's rights and the tools it wants here; they do nothing."""
    spec = importlib.util.spec_from_file_location("proof_of_packages", ROOT / "packaging" / "package_test.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    for name in ("debootstrap", "unshare"):
        tool(tmp_path, name, code=0)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    return module


def tool(folder: Path, name: str, *, code: int) -> None:
    (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
    (folder / name).chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="wants a shell")
def test_a_machine_that_lets_nobody_make_a_root_says_so_instead_of_failing(proof, tmp_path, monkeypatch):
    proof.need_a_root_of_its_own()
    tool(tmp_path, "unshare", code=1)
    with pytest.raises(proof.Unable, match="processes and mounts of their own"):
        proof.need_a_root_of_its_own()
    (tmp_path / "unshare").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(proof.Unable, match=r"unshare missing \(see packaging/linux/to-test.txt\)"):
        proof.need_a_root_of_its_own()


def test_a_missing_tool_is_named_and_a_failed_step_fails(proof, tmp_path, monkeypatch, capsys):
    def fails() -> None:
        raise subprocess.CalledProcessError(1, "lintian")

    def lacks() -> None:
        raise proof.Unable("wine64 is missing")

    for name in ("checkers", "own_installer", "workflows", "signatures", "windows", "container", "in_root"):
        monkeypatch.setattr(proof, name, lambda *_: None)
    monkeypatch.setattr(proof, "windows", lacks)
    assert proof.proven(["bookworm"], tmp_path) == 0
    assert "not done: wine64 is missing\npackages: 6 passed, 0 failed, 1 skipped\n" in capsys.readouterr().out
    monkeypatch.setattr(proof, "checkers", fails)
    assert proof.proven(["bookworm"], tmp_path) == 1
    assert "packages: 5 passed, 1 failed, 1 skipped\n" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="wants root on Linux")
def test_what_runs_in_a_root_ends_with_the_script_even_when_that_is_killed():
    code = (
        f"import subprocess, sys; sys.path.insert(0, {str(ROOT / 'packaging' / 'linux')!r})\n"
        "import test_in_root as test\n"
        "subprocess.run(test.apart('echo begun; sleep 600 & sleep 600'))"
    )
    script = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert script.stdout is not None
    if script.stdout.readline() != b"begun\n":
        pytest.skip("this machine lets nobody have processes of their own")
    script.kill()
    script.wait()
    assert script.stdout.read() == b""  # comes to its end when the last that could write there is gone
    script.stdout.close()
