"""A release is refused unless everything names one version; what nobody signed says so in its name and in the notes."""

from __future__ import annotations

import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_every_script_the_release_calls_exists():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8").replace("\\", "/")
    named = set(re.findall(r"packaging/[\w/]+\.(?:py|sh|ps1)", text))
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_entitlements_are_a_property_list_and_allow_no_more_than_python_needs():
    allowed = plistlib.loads((ROOT / "packaging" / "macos" / "entitlements.plist").read_bytes())
    assert allowed == {"com.apple.security.cs.allow-unsigned-executable-memory": True}
