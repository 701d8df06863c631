"""Signing in and out, as far as Tidegate has a part in it: it starts the program, and notes what that says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthProgram, AuthUnavailable
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.engines.reach import AccountTrouble


class AgentSignInDesk:
    """Implements `app.proxy.engines.reach.SignInDesk`."""

    def __init__(self, program: AuthProgram, login: Login, sign_in: SignIn) -> None:
        self._program = program
        self._login = login
        self.sign_in = sign_in
        self.forget: Callable[[], object] = lambda: None
        """Called when the engine's idle processes may hold a sign-in that is no more."""
        self._watching: asyncio.Task[None] | None = None
        self._one_by_one = asyncio.Lock()
        """For whoever begins, ends or signs out: two of them at once would each leave a flow behind."""

    async def refresh(self) -> SignInChecked:
        return await self.sign_in.refresh()

    async def begin(self, on_signed_in: Callable[[], object]) -> str:
        async with self._one_by_one:
            await self._stop_watching()
            try:
                page = await self._login.begin()
            except AuthUnavailable as error:
                raise AccountTrouble(str(error)) from error
            self._watching = asyncio.create_task(self._watch(on_signed_in), name="sign-in watch")
            return page

    async def submit(self, code: str) -> None:
        try:
            await self._login.submit(code)
        except AuthUnavailable as error:
            raise AccountTrouble(str(error)) from error
        if self._watching:
            await asyncio.wait([self._watching])

    async def cancel(self) -> bool:
        async with self._one_by_one:
            under_way = self._login.under_way
            await self._stop_watching()
            return under_way

    async def sign_out(self, on_signed_out: Callable[[], object]) -> None:
        async with self._one_by_one:
            await self._stop_watching()
            try:
                async with self.sign_in.left_alone():
                    await self._program.sign_out()
            except AuthUnavailable as error:
                raise AccountTrouble(str(error)) from error
            self.forget()
            self.sign_in.forget_refusals()
            await asyncio.to_thread(on_signed_out)  # it writes that down
            await self.sign_in.refresh()

    @property
    def page(self) -> str | None:
        return self._login.page

    @property
    def expires_at(self) -> float | None:
        """The end of the sign-in in Unix seconds, where the program tells."""
        return self.sign_in.status.expires_at if self.sign_in.status else None

    def told(self) -> Mapping[str, object]:
        status = self.sign_in.status
        if status is None:
            return {}
        return {
            "loggedIn": status.signed_in,
            "authMethod": status.method,
            "email": status.email,
            "orgName": status.organisation,
            "subscriptionType": status.plan,
            "expiresAt": status.expires_at,
        }

    async def close(self) -> None:
        await self._stop_watching()
        await self.sign_in.close()

    async def _watch(self, on_signed_in: Callable[[], object]) -> None:
        signed_in = await self._login.finished()
        await self._login.close()  # what the program said is needed no longer
        if signed_in:
            self.sign_in.proven()
            self.forget()
        checked = await self.sign_in.refresh()  # whoever looks on learns from it that this is over, however it ended
        if signed_in and checked.signed_in:
            await asyncio.to_thread(on_signed_in)  # it writes down who is proven from now on

    async def _stop_watching(self) -> None:
        if self._watching:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        await self._login.close()
