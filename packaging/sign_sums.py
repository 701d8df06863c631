"""Signs a file with minisign's secret key, as `minisign -S` does:  sign_sums.py KEY FILE   → FILE.minisig

MINISIGN_PASSWORD opens the key; a key without a password needs none.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import minisign


def main(key: Path, file: Path) -> None:
    with minisign.SecretKey.from_file(key) as secret:
        if password := os.environ.get("MINISIGN_PASSWORD"):
            secret.decrypt(password)
        signature = secret.sign(file.read_bytes(), trusted_comment=f"file:{file.name}")
    file.with_name(f"{file.name}.minisig").write_bytes(bytes(signature))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
