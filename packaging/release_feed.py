"""Writes the feed that running Tidegates ask for newer versions, signed with the project's minisign key.

    release_feed.py --page https://… [--notice TEXT] --key minisign.key --to latest.json

The version is that of the source, its words are the changelog's. The key's password comes from MINISIGN_PASSWORD; a key
without one needs none. What is written is read back as the program would read it, with the public key that is built
into it: a feed nobody would believe is not published.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import minisign
import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import __version__  # noqa: E402 - from the source beside this script
from app.updates.identity import PUBLIC_KEY  # noqa: E402
from app.updates.release import Release, Untrusted, read_release  # noqa: E402


def main() -> int:
    asked = _asked()
    release = Release(
        version=__version__,
        published=time.strftime("%Y-%m-%d", time.gmtime()),
        page=asked.page,
        notes=notes_of(__version__, (ROOT / "CHANGELOG.md").read_text("utf-8")),
        notice=asked.notice,
    )
    content = signed(release, asked.key, os.environ.get("MINISIGN_PASSWORD"))
    try:
        read_release(content, asked.public_key or PUBLIC_KEY or "")
    except (Untrusted, ValueError) as problem:
        sys.exit(f"No Tidegate would believe this feed: {problem}. Is the key the one in app/updates/identity.py?")
    asked.to.write_bytes(content)
    print(f"{asked.to.name}: version {release.version}, {len(content)} bytes, signed")
    return 0


def signed(release: Release, key: Path, password: str | None) -> bytes:
    """The feed's bytes."""
    text = msgspec.json.encode(release)
    with minisign.SecretKey.from_file(key) as secret:
        if password:
            secret.decrypt(password)
        signature = secret.sign(text, trusted_comment=f"Tidegate {release.version}")
    return msgspec.json.encode({"release": text.decode(), "signature": bytes(signature).decode()})


def notes_of(version: str, changelog: str) -> str:
    """What stands under the version's heading; empty when there is none."""
    words: list[str] = []
    inside = False
    for line in changelog.splitlines():
        if line.startswith("## "):
            inside = version in line
        elif inside:
            words.append(line)
    return "\n".join(words).strip()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Write the signed feed of this version.")
    parser.add_argument("--page", required=True, help="where people download it")
    parser.add_argument("--notice", default="", help="something everybody should know")
    parser.add_argument("--key", required=True, type=Path, help="minisign's secret key")
    parser.add_argument("--public-key", help="another than the one built in, for a rehearsal")
    parser.add_argument("--to", required=True, type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
