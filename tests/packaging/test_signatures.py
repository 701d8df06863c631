"""Each kind of signature a release has, made with keys that are thrown away: what was changed afterwards is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidegate_process import ROOT

PASSWORD = "only for this test"


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if not shutil.which(tool)]
    return pytest.mark.skipif(bool(missing), reason=f"wants {', '.join(missing)}: see packaging/linux/to-test.txt")


def run(*command: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**os.environ, **(environ or {})}, capture_output=True, text=True, timeout=100, check=False
    )


def made(*command: str | Path, environ: dict[str, str] | None = None) -> str:
    done = run(*command, environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def change(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


@needs("minisign")
def test_minisign_itself_believes_the_signed_list_of_hashes_and_no_other(tmp_path):
    (tmp_path / "Tidegate-setup.exe").write_bytes(b"program")
    made(sys.executable, ROOT / "packaging" / "release.py", "sums", tmp_path)
    public, secret = tmp_path / "key.pub", tmp_path / "key.secret"
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    generate = ["minisign", "-G", "-f", "-p", public, "-s", secret]
    subprocess.run(generate, input=typed, text=True, capture_output=True, timeout=100, check=True)
    sign = [sys.executable, ROOT / "packaging" / "sign_sums.py", secret, tmp_path / "SHA256SUMS"]
    made(*sign, environ={"MINISIGN_PASSWORD": PASSWORD})
    verify = ["minisign", "-V", "-p", public, "-m", tmp_path / "SHA256SUMS"]
    assert "Signature and comment signature verified" in made(*verify)
    assert subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, check=False).returncode == 0
    change(tmp_path / "SHA256SUMS", 0)
    assert run(*verify).returncode != 0


@pytest.fixture
def gpg_home(tmp_path: Path) -> Path:
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    return home


@needs("gpg", "rpm", "rpmsign")
def test_linux_packages_are_signed_beside_and_inside_and_a_changed_one_is_refused(tmp_path, gpg_home):
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "tidegate.deb").write_bytes(b"a package")
    rpm = small_rpm(tmp_path)
    shutil.copy(rpm, packages)
    environ = {"GNUPGHOME": str(gpg_home)}
    gpg = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", PASSWORD]
    made(*gpg, "--quick-generate-key", "Throw away <key@tidegate.invalid>", "rsa3072", "sign", "1d", environ=environ)
    key = made(*gpg, "--armor", "--export-secret-keys", environ=environ)
    made("bash", ROOT / "packaging/linux/sign.sh", packages, environ={"GPG_KEY": key, "GPG_PASSPHRASE": PASSWORD})

    for name in ("tidegate.deb", rpm.name):
        verify = ["gpg", "--batch", "--verify", packages / f"{name}.asc", packages / name]
        made(*verify, environ=environ)
        change(packages / name, -1)
        assert "BAD signature" in run(*verify, environ=environ).stderr
        change(packages / name, -1)

    database = ["--dbpath", tmp_path / "rpmdb"]
    made("rpmkeys", *database, "--import", packages / "tidegate-packages.asc")
    believed = ["rpmkeys", *database, "--checksig", "--verbose", packages / rpm.name]
    assert "Signature" in made(*believed)
    change(packages / rpm.name, -1)
    refused = run(*believed)
    assert refused.returncode != 0
    assert "BAD" in refused.stdout
    made("gpgconf", "--kill", "gpg-agent", environ=environ)


def small_rpm(folder: Path) -> Path:
    spec = folder / "small.spec"
    spec.write_text(
        "Name: small\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\ns\n%files\n"
    )
    made("rpmbuild", "-bb", "--define", f"_topdir {folder / 'rpm'}", spec)
    return next((folder / "rpm").rglob("*.rpm"))


@needs("osslsigncode", "openssl", "makensis")
def test_a_signed_windows_program_is_believed_and_a_changed_one_is_refused(tmp_path):
    program = tmp_path / "program.exe"
    made("makensis", "-V1", "-DVERSION=1.0.0", f"-DTARGET={program}", ROOT / "packaging/windows/stand_in.nsi")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made(
        *("openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-days", "1", "-subj", "/CN=Throw away"),
        *("-addext", "extendedKeyUsage=codeSigning", "-keyout", key, "-out", certificate),
    )
    signed = tmp_path / "signed.exe"
    sign = ["osslsigncode", "sign", "-h", "sha256", "-certs", certificate, "-key", key, "-n", "Tidegate"]
    made(*sign, "-in", program, "-out", signed)
    verify = ["osslsigncode", "verify", "-CAfile", certificate, "-in"]
    assert "Signature verification: ok" in made(*verify, signed)
    assert run(*verify, program).returncode != 0
    change(signed, 0x400)
    assert run(*verify, signed).returncode != 0
