"""Keys in the keyring, and what happens without one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keyring.errors import InitError, NoKeyringError

from app.core.errors import SecretsUnavailable, UsageError
from app.core.secrets import KeptIn, LocalKey, SecretName, Secrets, local_key, new_key

NAME = SecretName.LOCAL_KEY


class Drawer:
    """A keyring that works."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def set(self, name: str, value: str) -> None:
        self.kept[name] = value

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


class Broken:
    """A keyring that fails, or hangs until it is released."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.released = threading.Event()
        self.calls = 0

    def get(self, name: str) -> str | None:
        self.calls += 1
        if self.error:
            raise self.error
        self.released.wait(60)
        return None

    def set(self, name: str, value: str) -> None:
        self.get(name)

    def delete(self, name: str) -> None:
        self.get(name)


class Sieve(Drawer):
    """A keyring that says yes and keeps nothing."""

    def set(self, name: str, value: str) -> None:
        pass


def test_the_key_of_the_first_start_is_the_key_of_the_second():
    drawer = Drawer()
    first = local_key(Secrets(drawer), {})
    second = local_key(Secrets(drawer), {})
    assert first.kept_in is second.kept_in is KeptIn.KEYRING
    assert first.value == second.value


def test_a_key_has_its_shape_and_is_never_the_same_twice():
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert {(key[:3], len(key)) for key in keys} == {("tg-", 35)}


def test_the_environment_fixes_the_key_and_the_keyring_is_not_asked():
    broken = Broken(NoKeyringError())
    assert local_key(Secrets(broken), {"TIDEGATE_API_KEY": "mine"}) == LocalKey("mine", KeptIn.ENVIRONMENT)
    assert broken.calls == 0


@pytest.mark.parametrize("value", ["two words", "ключ", "line\nbreak"])
def test_a_key_no_header_can_carry_is_refused(value: str):
    with pytest.raises(UsageError, match="TIDEGATE_API_KEY"):
        local_key(Secrets(Drawer()), {"TIDEGATE_API_KEY": value})


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        (Broken(NoKeyringError()), "This system has no keyring."),
        (Broken(InitError()), "The system's keyring is locked."),
        (Broken(RuntimeError("secret detail")), "The system's keyring can't be used."),
        (Sieve(), "The system's keyring accepts keys but does not keep them."),
    ],
)
def test_without_a_keyring_the_key_lasts_for_the_session_and_says_why(store: Broken | Drawer, sentence: str):
    secrets = Secrets(store)
    key = local_key(secrets, {})
    assert (key.kept_in, secrets.problem) == (KeptIn.SESSION, sentence)
    assert secrets.read(NAME) == key.value
    assert local_key(secrets, {}) == key


def test_a_keyring_that_hangs_is_given_up_once_and_not_asked_again():
    hung = Broken()
    secrets = Secrets(hung, limit_seconds=0.05)
    try:
        assert local_key(secrets, {}).kept_in is KeptIn.SESSION
        assert secrets.read(SecretName.ANTHROPIC_KEY) is None
        assert (hung.calls, secrets.problem) == (1, "The system's keyring does not answer.")
    finally:
        hung.released.set()


class Locked(Drawer):
    """A keyring that works once it is unlocked."""

    locked = False

    def get(self, name: str) -> str | None:
        if self.locked:
            raise InitError
        return super().get(name)

    def set(self, name: str, value: str) -> None:
        self.get(name)
        super().set(name, value)

    def delete(self, name: str) -> None:
        self.get(name)
        super().delete(name)


def test_a_keyring_unlocked_after_the_start_has_the_key_that_apps_know():
    keyring = Locked()
    known = local_key(Secrets(keyring), {})
    keyring.locked = True
    secrets = Secrets(keyring)
    assert local_key(secrets, {}).value != known.value
    secrets.keep(SecretName.ANTHROPIC_KEY, "entered meanwhile")
    secrets.ask_again()
    assert secrets.problem == "The system's keyring is locked."
    assert secrets.read(SecretName.ANTHROPIC_KEY) == "entered meanwhile"
    keyring.locked = False
    secrets.ask_again()
    assert local_key(secrets, {}) == known
    assert local_key(Secrets(keyring), {}) == known
    assert Secrets(keyring).read(SecretName.ANTHROPIC_KEY) == "entered meanwhile"


def test_a_key_made_while_a_keyring_without_one_was_locked_is_kept_there_afterwards():
    keyring = Locked()
    keyring.locked = True
    secrets = Secrets(keyring)
    made = local_key(secrets, {})
    keyring.locked = False
    secrets.ask_again()
    assert local_key(secrets, {}) == LocalKey(made.value, KeptIn.KEYRING) == local_key(Secrets(keyring), {})


def test_what_a_locked_keyring_still_has_is_not_called_forgotten():
    keyring, name = Locked(), SecretName.ANTHROPIC_KEY
    secrets = Secrets(keyring)
    secrets.keep(name, "the first")
    keyring.locked = True
    secrets.keep(name, "the second")
    with pytest.raises(SecretsUnavailable, match="locked"):
        secrets.forget(name)
    assert secrets.read(name) == "the second"
    only_here = Secrets(Broken(NoKeyringError()))
    only_here.keep(name, "never kept anywhere")
    only_here.forget(name)
    assert only_here.read(name) is None


def test_a_key_is_not_shown_by_accident():
    assert "mine" not in repr(LocalKey("mine", KeptIn.ENVIRONMENT))


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's keyring")
@pytest.mark.skipif(shutil.which("dbus-run-session") is None, reason="wants the Debian package dbus")
@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="wants the Debian package gnome-keyring")
def test_a_real_secret_service_keeps_the_key_between_two_programs(tmp_path: Path):
    tidegate = f"{sys.executable} -m app key"
    script = (
        f"printf x | gnome-keyring-daemon --unlock --components=secrets >/dev/null && {tidegate} new && {tidegate} show"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "TIDEGATE_HOME": str(tmp_path / "state"),
    }
    ran = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    made, shown = ran.stdout.split()
    assert made == shown
    assert made.startswith("tg-")
