"""The API key for Claude: checked once with the service, kept in the keyring, and answered with from then on."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping

from app.controller import Lifetime, Way
from app.core.account_watch import AccountWatch
from app.core.commands import Outcome
from app.core.conditions import Condition
from app.core.environment import Method
from app.core.errors import SecretsUnavailable, TidegateError
from app.core.redaction import Redaction
from app.core.secrets import KeptIn, SecretName, Secrets
from app.proxy.engines.reach import Reach, SignInDesk, SwitchableEngine
from app.proxy.neutral.fault import Refused
from app.ui.desk import ApiKeyOutcome

_CHECK_SECONDS = 30.0
_SWITCH_SECONDS = 30.0
_LONGEST_KEY = 300


class Credentials:
    """Implements `app.ui.desk.Account`; lives as long as one run of the server. Its methods wait, some for seconds."""

    def __init__(
        self,
        *,
        secrets: Secrets,
        redaction: Redaction,
        way: Way,
        engine: SwitchableEngine | None,
        choose: Callable[[str | None], Reach],
        check: Callable[[str], Awaitable[object]],
        account: AccountWatch,
        desk: Callable[[], SignInDesk | None],
        lifetime: Callable[[], Lifetime],
    ) -> None:
        """`engine`: None when a setting fixes the demo. `choose`: the way to Claude with this key kept, or none.

        `check` asks the service whether it knows a key, and raises Refused. `desk`: None before it was first needed.
        """
        self._secrets, self._redaction = secrets, redaction
        self._way, self._engine = way, engine
        self._choose, self._check = choose, check
        self._account = account
        self._desk = desk
        self._lifetime = lifetime
        self._changing = threading.Lock()
        """What is kept and what answers change together: of two changes at once the later one holds."""

    def told(self) -> Mapping[str, object]:
        desk = self._desk()
        told = dict(desk.told()) if desk else {}
        reach = self._way.reach
        return {**reach.facts().identity, **told, "keyLastFour": reach.key_ends}

    def sign_in_page(self) -> str | None:
        desk = self._desk()
        return desk.page if desk else None

    def use_api_key(self, key: str) -> ApiKeyOutcome:
        if not (key.isascii() and key.isprintable() and " " not in key and 8 <= len(key) <= _LONGEST_KEY):
            return ApiKeyOutcome(
                ok=False, last_four=None, sentence="This is no API key. Copy it again from the Anthropic Console."
            )
        self._redaction.learn(key)
        try:
            self._lifetime().call(lambda: self._check(key), limit_seconds=_CHECK_SECONDS)
        except Refused as refused:
            return ApiKeyOutcome(ok=False, last_four=None, sentence=refused.fault.message)
        except TimeoutError:
            return ApiKeyOutcome(ok=False, last_four=None, sentence=Condition.TIMED_OUT.sentence)
        with self._changing:
            return self._kept(key)

    def forget_api_key(self) -> Outcome:
        with self._changing:
            try:
                self._secrets.forget(SecretName.ANTHROPIC_KEY)
            except SecretsUnavailable as error:
                return Outcome(ok=False, sentence=str(error))
            return Outcome(ok=True, sentence=f"The API key is forgotten. {self._switch(None)}")

    def _kept(self, key: str) -> ApiKeyOutcome:
        kept = self._secrets.keep(SecretName.ANTHROPIC_KEY, key)
        where = (
            "It is kept in the system's keyring."
            if kept is KeptIn.KEYRING
            else f"It is kept until Tidegate closes. {self._secrets.problem or ''}".strip()
        )
        return ApiKeyOutcome(ok=True, last_four=key[-4:], sentence=f"{where} {self._switch(key)}")

    def _switch(self, key: str | None) -> str:
        """Answer with what is kept now; says what came of it."""
        if self._engine is None:
            return (
                'It isn\'t used yet: in Settings, Engine, "How answers are made" is "Demo only". '
                'Choose "Automatic" there and restart Tidegate.'
            )
        try:
            reach = self._choose(key)
        except TidegateError as error:
            return str(error)
        if (reach.method, reach.credential) == (self._way.reach.method, self._way.reach.credential):
            return f"Still in use: {reach.method.sentence}"
        engine = self._engine
        self._lifetime().call(lambda: engine.change_to(reach.engine), limit_seconds=_SWITCH_SECONDS)
        self._way.reach = reach
        self._account.choose(None if reach.method is Method.NONE else reach.credential, renewable=reach.renewable)
        return f"Now in use: {reach.method.sentence}"
