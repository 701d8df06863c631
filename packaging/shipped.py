"""Says whose work is in the bundle: all licences in one text, and a list of parts (SBOM, CycloneDX 1.6).

    shipped.py SOURCES BUNDLE [--with-cli]     writes LICENCES.txt and sbom.cdx.json beside the program

SOURCES is the list of files that PyInstaller took, written by `tidegate.spec`: what was installed to build with, but
did not come along, is not in it. Runs in the environment the bundle was made in.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LICENCE_FILES = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
THE_CLI = """The program `claude` in claude_agent_sdk/_bundled is Anthropic's, shipped unmodified as the Claude Agent
SDK contains it. (c) Anthropic PBC. All rights reserved. Its use is subject to Anthropic's terms."""


def main(sources: Path, bundle: Path, *, with_cli: bool) -> None:
    shipped = parts_of({Path(line).resolve() for line in sources.read_text("utf-8").splitlines()})
    (bundle / "LICENCES.txt").write_text(licences(shipped, with_cli=with_cli), "utf-8")
    (bundle / "sbom.cdx.json").write_text(bill(shipped), "utf-8")
    print(f"{len(shipped)} packages by others are in it; LICENCES.txt and sbom.cdx.json name them")


def parts_of(files: set[Path]) -> list[Distribution]:
    """The installed packages any of these files belongs to, by name; ours is not among them."""
    found = [
        package
        for package in distributions()
        if package.name != "tidegate"
        and any(Path(str(file.locate())).resolve() in files for file in package.files or ())
    ]
    return sorted(
        {package.name.lower(): package for package in found}.values(), key=lambda package: package.name.lower()
    )


def places(package: Distribution) -> set[Path]:
    """Where its files are installed."""
    return {Path(str(file.locate())).resolve() for file in package.files or ()}


def licences(packages: list[Distribution], *, with_cli: bool) -> str:
    """Every licence text, each under the name of what it is for."""
    texts = [("Tidegate", (ROOT / "LICENSE").read_text("utf-8")), ("Python", python_licence())]
    for package in packages:
        files = [file for file in package.files or () if file.name.upper().startswith(LICENCE_FILES)]
        words = [Path(str(file.locate())).read_text("utf-8", "replace") for file in files if file.suffix != ".py"]
        texts.append((f"{package.name} {package.version}", "\n\n".join(words) or f"Licence: {licence_name(package)}"))
    if with_cli:
        texts.append(("Claude Code", THE_CLI))
    line = "=" * 100
    return "\n\n".join(f"{line}\n{name}\n{line}\n\n{text.strip()}" for name, text in texts) + "\n"


def python_licence() -> str:
    """Python's own, where the interpreter came with it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    places = [
        Path(sys.base_prefix, "LICENSE.txt"),
        Path(sys.base_prefix, "lib", f"python{version}", "LICENSE.txt"),
        Path("/usr/share/doc", f"python{version}", "copyright"),
    ]
    found = next((place for place in places if place.is_file()), None)
    return found.read_text("utf-8", "replace") if found else "Python Software Foundation License Version 2"


def licence_name(package: Distribution) -> str:
    """As the package itself says it."""
    said = {name: package.metadata.get_all(name) or [""] for name in ("License-Expression", "License", "Classifier")}
    classifiers = [line.rpartition(" :: ")[2] for line in said["Classifier"] if line.startswith("License")]
    stated = said["License-Expression"][0] or said["License"][0] or ", ".join(classifiers) or "see its home page"
    return stated.splitlines()[0] if len(stated) < 100 else ", ".join(classifiers) or "see its text"


def bill(packages: list[Distribution]) -> str:
    """The list of parts as CycloneDX JSON."""
    names = LicenseFactory()
    bom = Bom()
    bom.metadata.component = tidegate = Component(name="Tidegate", version=version(), type=ComponentType.APPLICATION)
    bom.components.add(Component(name="Python", version=platform.python_version(), type=ComponentType.PLATFORM))
    for package in packages:
        bom.components.add(
            Component(
                name=package.name,
                version=package.version,
                type=ComponentType.LIBRARY,
                purl=PackageURL("pypi", name=package.name.lower(), version=package.version),
                licenses=[names.make_from_string(licence_name(package))],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in recorded(package)],
                properties=[Property(name="tidegate:vouched-for-by", value="requirements/package.txt")],
            )
        )
    bom.register_dependency(tidegate, bom.components)
    return str(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1))


def recorded(package: Distribution) -> list[str]:
    """Hashes of the wheels that may have been installed, as our own list names them."""
    lines = (ROOT / "requirements" / "package.txt").read_text("utf-8").splitlines()
    start = f"{package.name.lower().replace('_', '-').replace('.', '-')}=={package.version} "
    begin = next((index for index, line in enumerate(lines) if line.startswith(start)), len(lines))
    found: list[str] = []
    for line in lines[begin + 1 :]:
        if not line.startswith("    --hash=sha256:"):
            break
        found.append(line.split(":")[1].rstrip(" \\"))
    return found


def version() -> str:
    """Tidegate's."""
    return (ROOT / "app" / "__init__.py").read_text("utf-8").split('__version__ = "')[1].split('"')[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), with_cli="--with-cli" in sys.argv)
