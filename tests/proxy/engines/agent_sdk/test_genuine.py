"""The CLI is what the SDK's wheel says it is, and a changed byte is noticed."""

from __future__ import annotations

import shutil
from importlib.metadata import PathDistribution

from app.proxy.engines.agent_sdk.command import bundled_cli
from app.proxy.engines.agent_sdk.genuine import Verdict, recorded_sha256, sha256, verdict


def test_the_installed_cli_is_the_published_one():
    assert verdict() is Verdict.GENUINE


def test_one_changed_byte_is_noticed(tmp_path):
    copy = tmp_path / bundled_cli().name
    shutil.copy(bundled_cli(), copy)
    with copy.open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))
    assert verdict(copy) is Verdict.CHANGED


def test_a_cli_that_antivirus_software_took_is_missing(tmp_path):
    assert verdict(tmp_path / "claude") is Verdict.MISSING


def test_a_file_no_list_names_is_unknown(tmp_path):
    (tmp_path / "another").write_bytes(b"")
    assert verdict(tmp_path / "another") is Verdict.UNKNOWN


def test_a_list_without_the_cli_vouches_for_nothing(tmp_path):
    (tmp_path / "METADATA").write_text("Name: claude-agent-sdk\nVersion: 1\n")
    (tmp_path / "RECORD").write_text("claude_agent_sdk/__init__.py,,\n")
    assert recorded_sha256("claude", PathDistribution(tmp_path)) is None


def test_a_recorded_hash_reads_as_hexadecimal(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "RECORD").write_text(
        "claude_agent_sdk/_bundled/claude,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3\n"
    )
    assert recorded_sha256("claude", PathDistribution(tmp_path)) == sha256(tmp_path / "file")
