"""Says whose work is in the bundle: all licences in one text, and a list of parts (SBOM, CycloneDX 1.6).

    shipped.py SOURCES FOLDER [--with-cli]     writes LICENCES.txt and sbom.cdx.json into the folder

SOURCES is the list of files that PyInstaller took, written by `tidegate.spec`: what was installed to build with, but
did not come along, is not in it. Runs in the environment the bundle was made in. GTK and what the window shows pages
with are the system's own and not in the bundle; the dashboard takes its letters from the system too.
"""

from __future__ import annotations

import base64
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackagePath, distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from debian_parts import DebianPart, common_licences, debian_parts  # type: ignore[import-not-found]  # beside this
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LICENCE_FILES = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
THE_STARTER = "pyinstaller"
"""No module of it comes along, but the small program that starts Python is its."""
BEFORE = """The licences of everything in this package. Not in it, but the system's own: what draws windows and shows
pages (GTK and WebKit on Linux, WebKit on macOS, WebView2 on Windows), and the fonts."""
THE_CLI = """The program `claude` in claude_agent_sdk/_bundled is Anthropic's, shipped unmodified as the Claude Agent
SDK contains it. (c) Anthropic PBC. All rights reserved. Its use is subject to Anthropic's terms."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Whose work is in a bundle, beside ours."""

    packages: list[Distribution]
    debian: list[DebianPart]
    cli: PackagePath | None
    """The CLI as the SDK's list names it; None when it was left out."""


def main(sources: Path, folder: Path, *, with_cli: bool) -> None:
    files = {Path(line) for line in sources.read_text("utf-8").splitlines()}
    shipped = Shipped(
        parts_of({file.resolve() for file in files}), debian_parts(files), the_cli() if with_cli else None
    )
    (folder / "LICENCES.txt").write_text(licences(shipped), "utf-8")
    (folder / "sbom.cdx.json").write_text(bill(shipped), "utf-8")
    count = len(shipped.packages) + len(shipped.debian)
    print(f"{count} packages by others are in it; LICENCES.txt and sbom.cdx.json name them")


def parts_of(files: set[Path]) -> list[Distribution]:
    """The installed packages any of these files belongs to, by name; ours is not among them."""
    found = [
        package
        for package in distributions()
        if package.name == THE_STARTER
        or (package.name != "tidegate" and any(place in files for place in places(package)))
    ]
    return sorted(
        {package.name.lower(): package for package in found}.values(), key=lambda package: package.name.lower()
    )


def places(package: Distribution) -> set[Path]:
    """Where its files are installed."""
    return {Path(str(file.locate())).resolve() for file in package.files or ()}


def the_cli() -> PackagePath:
    """The program that the agent engine runs."""
    listed = distribution("claude-agent-sdk").files or ()
    return next(file for file in listed if file.parts[-2:-1] == ("_bundled",) and file.stem == "claude" and file.hash)


def licences(shipped: Shipped) -> str:
    """Every licence text, each under the name of what it is for."""
    texts = [("Tidegate", (ROOT / "LICENSE").read_text("utf-8")), ("Python", python_licence())]
    for package in shipped.packages:
        files = [file for file in package.files or () if file.name.upper().startswith(LICENCE_FILES)]
        words = [Path(str(file.locate())).read_text("utf-8", "replace") for file in files if file.suffix != ".py"]
        texts.append((f"{package.name} {package.version}", "\n\n".join(words) or all_it_says(package)))
    for text in dict.fromkeys(part.copyright for part in shipped.debian):
        sharing = [f"{part.name} {part.version}, of Debian" for part in shipped.debian if part.copyright == text]
        texts.append(("\n".join(sharing), text))
    texts += [(f"{name}, which the above refer to", text) for name, text in common_licences(shipped.debian)]
    if shipped.cli:
        texts.append(("Claude Code", THE_CLI))
    line = "=" * 100
    parts = (f"{line}\n{name}\n{line}\n\n{text.strip()}" for name, text in texts)
    return "\n\n".join([BEFORE, *parts]) + "\n"


def all_it_says(package: Distribution) -> str:
    """Of a package that came without a text."""
    said = (f"{name}: {package.metadata[name]}" for name in ("Author", "Home-page") if name in package.metadata)
    return "\n".join([f"Licence: {licence_name(package)}", *said])


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


def bill(shipped: Shipped) -> str:
    """The list of parts as CycloneDX JSON."""
    bom = Bom()
    bom.metadata.component = tidegate = Component(name="Tidegate", version=version(), type=ComponentType.APPLICATION)
    bom.components.add(Component(name="Python", version=platform.python_version(), type=ComponentType.PLATFORM))
    bom.components.update(map(python_component, shipped.packages))
    bom.components.update(map(debian_component, shipped.debian))
    if shipped.cli:
        bom.components.add(cli_component(shipped.cli))
    bom.register_dependency(tidegate, bom.components)
    return str(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1))


def python_component(package: Distribution) -> Component:
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=package.name.lower(), version=package.version),
        licenses=[LicenseFactory().make_from_string(licence_name(package))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in recorded(package)],
        properties=[Property(name="tidegate:vouched-for-by", value="requirements/package.txt")],
    )


def debian_component(part: DebianPart) -> Component:
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("deb", "debian", part.name, part.version, qualifiers={"arch": part.architecture}),
        properties=[Property(name="tidegate:vouched-for-by", value="the distribution")],
    )


def cli_component(cli: PackagePath) -> Component:
    """With the very hash that its copy in the bundle was compared with."""
    digest = base64.urlsafe_b64decode(f"{cli.hash.value}=").hex() if cli.hash else ""
    told = Path(str(cli.locate())).with_name("claude.version")
    return Component(
        name="Claude Code",
        version=told.read_text("utf-8").split()[0] if told.is_file() else None,
        type=ComponentType.APPLICATION,
        supplier=OrganizationalEntity(name="Anthropic PBC"),
        licenses=[DisjunctiveLicense(name="Anthropic's terms")],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        properties=[Property(name="tidegate:vouched-for-by", value="the list of files in claude-agent-sdk")],
    )


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
