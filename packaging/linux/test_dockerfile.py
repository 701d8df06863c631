"""Takes the steps of the Dockerfile's last stage in a clean Debian, and asks what then runs: where there is no Docker.

    test_dockerfile.py PROGRAM [--roots FOLDER]

PROGRAM is what its first stage builds: the folder that `packaging/build.py` made. Wants root and debootstrap.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from test_in_root import fresh, inside, say  # type: ignore[import-not-found]  # the script beside this one

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Image:
    """What the last stage says."""

    steps: list[str] = field(default_factory=list)
    """Shell commands, in order, as root."""
    copied: dict[str, str] = field(default_factory=dict)
    """From the first stage → where to."""
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    start: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description="Take the Dockerfile's steps without Docker.")
    parser.add_argument("program", type=Path)
    parser.add_argument("--roots", type=Path, help="keeps the made base systems here")
    asked = parser.parse_args()
    image = read((ROOT / "Dockerfile").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="tidegate-container-") as folder:
        root = Path(folder) / "bookworm"
        fresh(root, "bookworm", asked.roots)
        for target in image.copied.values():
            shutil.copytree(asked.program, root / target.lstrip("/"), symlinks=True)
        (root / "steps.sh").write_text(script(image))
        result = int(inside(root, "bash /steps.sh"))
    say("the Dockerfile's steps " + ("passed" if result == 0 else "FAILED"))
    return result


def read(dockerfile: str) -> Image:
    """Everything after the last FROM."""
    image = Image()
    lines = re.sub(r"\\\n\s*", "", dockerfile).splitlines()
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "FROM":
                image = Image()
            case "RUN":
                image.steps.append(rest)
            case "COPY":
                *_, source, target = rest.split()
                image.copied[source] = target
            case "USER":
                image.user = rest
            case "ENV":
                image.environment |= dict(part.split("=", 1) for part in shlex.split(rest))
            case "ENTRYPOINT" | "CMD":
                image.start += json.loads(rest)
            case "HEALTHCHECK":
                image.health = json.loads(rest.partition("CMD ")[2])
            case _:
                pass
    return image


def script(image: Image) -> str:
    """The steps; then the container's program as its user, its health, an answer, and its end."""
    # An API key, because without one it refuses to be reached from outside; and nobody there to use it with.
    keys = {"TIDEGATE_API_KEY": "tg-test", "ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    environment = {"PATH": "/usr/bin:/bin", **keys, **image.environment}
    variables = " ".join(shlex.quote(f"{name}={value}") for name, value in environment.items())
    as_user = f"setpriv --reuid={image.user} --regid={image.user} --init-groups env -i {variables}"
    ask = (
        "curl -sf http://localhost:3456/v1/chat/completions -H 'Authorization: Bearer tg-test'"
        " -H 'Content-Type: application/json'"
        ' -d \'{"model":"tidegate-demo","messages":[{"role":"user","content":"Hello container"}]}\''
    )
    return "\n".join(
        [
            "set -eu",
            "export DEBIAN_FRONTEND=noninteractive",
            *(f"( {step} ) >/tmp/step.log 2>&1 || {{ cat /tmp/step.log; exit 1; }}" for step in image.steps),
            f"{as_user} {shlex.join(image.start)} >/tmp/tidegate.log 2>&1 &",
            "program=$!",
            f"for _ in $(seq 100); do {as_user} {shlex.join(image.health)} && break; sleep 0.1; done 2>/dev/null",
            f"{as_user} {shlex.join(image.health)} || {{ echo unhealthy; cat /tmp/tidegate.log; exit 1; }}",
            f"{ask} | grep -q 'Hello container' || {{ echo 'no answer'; cat /tmp/tidegate.log; exit 1; }}",
            '[ "$(stat -c %U /proc/$program)" != root ] || { echo "it runs as root"; exit 1; }',
            "kill -TERM $program",
            "wait $program",
            f"! {as_user} {shlex.join(image.health)} 2>/dev/null || {{ echo 'healthy after its end'; exit 1; }}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
