"""A release is refused unless everything names one version; what nobody signed says so in its name and in the notes."""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.tidegate_process import ROOT

SCRIPT = ROOT / "packaging" / "release.py"
CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- later\n\n## {version} (2026-11-21)\n\n- It flies.\n\n## 0.0.1\n\n- It began.\n"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source of version 1.2.3 with the script in it."""
    for folder in ("app", "packaging", "files"):
        (tmp_path / folder).mkdir()
    (tmp_path / "packaging" / "release.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "app" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(version="1.2.3"))
    return tmp_path


def release(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = source / "packaging" / "release.py"
    return subprocess.run([sys.executable, script, *arguments], cwd=source, capture_output=True, text=True, check=False)


def test_one_version_everywhere_is_a_release(source):
    assert release(source, "check", "v1.2.3").stdout == "release 1.2.3\n"


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2.3-rc1", ""])
def test_another_tag_is_refused(source, tag):
    refused = release(source, "check", tag)
    assert (refused.returncode, "the tag has to be v1.2.3" in refused.stderr) == (1, True)


@pytest.mark.parametrize("version", ["1.2.2", "1.2.30"])
def test_a_changelog_without_the_version_is_refused(source, version):
    (source / "CHANGELOG.md").write_text(CHANGELOG.format(version=version))
    refused = release(source, "check", "v1.2.3")
    assert (refused.returncode, "give 1.2.3 a heading" in refused.stderr) == (1, True)


def test_a_development_version_is_no_release(source):
    (source / "app" / "__init__.py").write_text('__version__ = "1.2.3.dev1"\n')
    assert release(source, "check", "v1.2.3.dev1").returncode == 1


def test_what_nobody_signed_says_so_in_its_name_and_in_the_notes(source):
    for name in ("Tidegate-1.2.3-setup.exe", "tidegate_1.2.3_amd64.deb", "tidegate-1.2.3.tar.gz", "sbom.cdx.json"):
        (source / "files" / name).write_text(name)
    for _ in range(2):  # once more changes nothing
        release(source, "mark", "files")
    assert sorted(path.name for path in (source / "files").iterdir()) == [
        "Tidegate-1.2.3-setup-unsigned.exe",
        "sbom.cdx.json",
        "tidegate-1.2.3-unsigned.tar.gz",
        "tidegate_1.2.3_amd64-unsigned.deb",
    ]
    notes = release(source, "notes", "files").stdout
    assert notes.startswith("- It flies.\n\n**Not signed:**")
    assert "- `Tidegate-1.2.3-setup-unsigned.exe`\n" in notes
    assert "It began" not in notes
    assert "the list itself is not signed" in notes


def test_the_list_of_hashes_finds_a_changed_file(source):
    files = source / "files"
    (files / "a.deb").write_bytes(b"a")
    (files / "b.exe").write_bytes(b"b")
    release(source, "sums", "files")
    check = ["sha256sum", "--check", "--status", "SHA256SUMS"]
    assert subprocess.run(check, cwd=files, check=False).returncode == 0
    (files / "b.exe").write_bytes(b"c")
    assert subprocess.run(check, cwd=files, check=False).returncode == 1


def test_every_action_is_pinned_to_a_commit_and_says_its_version():
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        uses = re.findall(r"uses: (.+)", workflow.read_text("utf-8"))
        assert uses
        assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", use)] == []


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    return found


def test_nothing_is_published_unless_the_program_passed_its_self_test_on_each_system():
    workflow = jobs()
    steps = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in workflow.items()}
    built = {name for name in workflow if "packaging/build.py" in steps[name] or "make package" in steps[name]}
    assert built == {"linux", "windows", "macos"}
    assert {*built, "install"} == set(workflow["publish"]["needs"])
    assert all(workflow[name]["needs"] == "check" for name in built)
    assert [each["kind"] for each in workflow["macos"]["strategy"]["matrix"]["include"]] == ["Apple silicon", "Intel"]
    assert "prove.ps1" in steps["windows"]
    assert "prove.sh" in steps["macos"]
    for proof in ("build.py", "windows/prove.ps1", "macos/prove.sh", "linux/steps_in_root.sh"):
        assert "--self-test" in (ROOT / "packaging" / proof).read_text("utf-8"), proof
    assert not any("continue-on-error" in step for job in workflow.values() for step in job["steps"])


@pytest.mark.parametrize(("runs", "goes_on"), [("1", True), ("2", True), ("0", False)])
def test_without_a_green_ci_for_this_very_commit_there_is_no_release(tmp_path, runs, goes_on):
    [step] = [step for step in jobs()["check"]["steps"] if step.get("name", "").startswith("CI passed")]
    (tmp_path / "gh").write_text(f'#!/bin/sh\necho "$*" >{tmp_path}/asked\necho {runs}\n')
    (tmp_path / "gh").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.defpath}", "GITHUB_REPOSITORY": "some/where", "GITHUB_SHA": "abc123"}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is goes_on
    assert ("CI has not passed for abc123" in done.stdout) is not goes_on
    assert "--workflow ci.yml --commit abc123 --status success" in (tmp_path / "asked").read_text()


def test_the_notes_name_the_key_that_is_built_in(source):
    (source / "app" / "updates").mkdir()
    (source / "app" / "updates" / "identity.py").write_text('PUBLIC_KEY: str | None = "RWexample"\n')
    (source / "files" / "SHA256SUMS.minisig").write_text("signed")
    assert "`minisign -Vm SHA256SUMS -P RWexample`" in release(source, "notes", "files").stdout


def test_every_script_the_release_calls_exists():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8").replace("\\", "/")
    named = set(re.findall(r"packaging/[\w/]+\.(?:py|sh|ps1)", text))
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_entitlements_are_a_property_list_and_allow_no_more_than_python_needs():
    allowed = plistlib.loads((ROOT / "packaging" / "macos" / "entitlements.plist").read_bytes())
    assert allowed == {"com.apple.security.cs.allow-unsigned-executable-memory": True}
