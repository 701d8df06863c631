"""The error catalogue: everything that can stand between a person and an answer, in plain words.

One table feeds the error bodies chat apps show, the tray and the dashboard, so that all three say the same
sentence. `app.proxy.engines` recognises a condition in what an engine reports; nothing here looks at engines.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from app.core.moments import moment


class Explanation(msgspec.Struct, frozen=True):
    """What a condition means for a person and for a program."""

    sentence: str
    """Shown as it is, in the chat app and in the tray; ends with what to do."""
    action: str
    """The label of the one button that helps."""
    status: int
    """HTTP status of an answer that failed because of it."""
    code: str
    """Stable identifier for programs."""


class Condition(Enum):
    """A state of the account, the service or the engine that stops answers."""

    NOT_CONFIGURED = Explanation(
        "Tidegate has no way to reach Claude yet. Add an API key, or sign in with Claude Code on this computer.",
        "Set up",
        401,
        "not_configured",
    )
    NOT_SIGNED_IN = Explanation(
        "You're not signed in to Claude yet. Sign in with Claude Code on this computer, or add an API key.",
        "Sign in",
        401,
        "not_signed_in",
    )
    SIGN_IN_EXPIRED = Explanation(
        "Your Claude sign-in has run out. Sign in again.", "Sign in again", 401, "sign_in_expired"
    )
    SIGNED_OUT_ELSEWHERE = Explanation(
        "You were signed out of Claude, perhaps from another device. Sign in again.",
        "Sign in again",
        401,
        "sign_in_revoked",
    )
    ACCOUNT_REFUSED = Explanation(
        "Claude refused this account or key; it may be closed. Check the account, or use another key.",
        "Check account",
        401,
        "account_refused",
    )
    KEY_INVALID = Explanation(
        "The Claude API key is wrong. Enter it again, and check that no other ANTHROPIC_API_KEY is set.",
        "Fix key",
        401,
        "api_key_invalid",
    )
    ORG_FORBIDS_SUBSCRIPTION = Explanation(
        "Your organisation does not allow signing in with a Claude subscription. Use an API key.",
        "Use API key",
        403,
        "subscription_not_allowed",
    )
    ORG_FORBIDS_KEYS = Explanation(
        "Your organisation does not allow API keys. Change how Tidegate reaches Claude.",
        "Change method",
        403,
        "api_key_not_allowed",
    )
    NOT_PERMITTED = Explanation(
        "This account may not do that. Check its permissions, or use another account or key.",
        "Check account",
        403,
        "not_permitted",
    )
    NO_CREDIT = Explanation(
        "The account behind this API key has no credit left. Add credit, or use another key.",
        "Billing",
        402,
        "no_credit",
    )
    LONG_CONTEXT_COSTS_EXTRA = Explanation(
        "The long-memory version of this model costs extra on your plan. Choose the standard version.",
        "Use standard",
        402,
        "long_context_costs_extra",
    )
    MODEL_COSTS_EXTRA = Explanation(
        "This model now costs extra on your plan; nothing was sent. Choose another model.",
        "Choose model",
        402,
        "model_costs_extra",
    )
    PLAN_LIMIT = Explanation(
        "Your Claude plan's limit is reached.",
        "Show limits",
        429,
        "plan_limit",
    )
    MODEL_LIMIT = Explanation(
        "Your Claude plan's limit for this model is reached. Other models still work.",
        "Choose model",
        429,
        "model_limit",
    )
    RATE_LIMIT = Explanation(
        "Your API key's rate limit is reached. Wait a moment and try again.", "Console", 429, "rate_limit"
    )
    QUEUE_FULL = Explanation(
        "Too many answers are running at once. Wait a moment and try again.", "Retry", 429, "queue_full"
    )
    SERVICE_BUSY = Explanation(
        "Claude is busy right now; this is not your limit. Try again in a moment.", "Retry", 529, "service_busy"
    )
    SERVICE_ERROR = Explanation("Claude had an internal error. Try again in a moment.", "Retry", 502, "service_error")
    REQUEST_REFUSED = Explanation(
        "Claude refused this request as sent. Change it and try again.", "Details", 400, "request_refused"
    )
    PROMPT_TOO_LONG = Explanation(
        "This chat is too long for the model. Start a new chat, or choose a model with a longer memory.",
        "Start new chat",
        400,
        "context_length_exceeded",
    )
    REQUEST_TOO_LARGE = Explanation(
        "This chat or picture is too big to send. Start a new chat or use a smaller picture.",
        "Start new chat",
        413,
        "request_too_large",
    )
    IMAGE_REFUSED = Explanation(
        "Claude could not read a picture in this chat. Use a smaller one, or PNG, JPEG, GIF or WebP.",
        "Start new chat",
        400,
        "image_refused",
    )
    MODEL_UNAVAILABLE = Explanation(
        "That model isn't available to you. Choose another one.", "Choose model", 404, "model_not_found"
    )
    NO_CONNECTION = Explanation(
        "Tidegate can't reach Claude. Check the internet connection; a company network may block it.",
        "Retry",
        502,
        "no_connection",
    )
    STALLED = Explanation(
        "Claude stopped in the middle of the answer; the computer may have slept. Try again.",
        "Retry",
        502,
        "answer_cut_off",
    )
    TIMED_OUT = Explanation("Claude did not answer in time. Try again in a moment.", "Retry", 504, "timed_out")
    ENGINE_MISSING = Explanation(
        "Tidegate's engine is missing or was blocked, perhaps by antivirus software. Repair the installation.",
        "Retry",
        500,
        "engine_missing",
    )
    ENGINE_FAILED = Explanation(
        "Tidegate's engine stopped unexpectedly. Try again; if it goes on, restart Tidegate.",
        "Restart",
        502,
        "engine_failed",
    )
    SHUTTING_DOWN = Explanation(
        "Tidegate is closing or restarting. Try again in a moment.", "Retry", 503, "shutting_down"
    )
    PAUSED = Explanation(
        "Tidegate is paused. Let it go on from its tray icon or its dashboard, then try again.",
        "Resume",
        503,
        "paused",
    )
    INTERNAL_ERROR = Explanation(
        "Something went wrong inside Tidegate. Try again; if it goes on, send the log to its makers.",
        "Copy diagnostics",
        500,
        "internal_error",
    )

    @staticmethod
    def of(code: str | None) -> Condition | None:
        """The one with this code; None for a code that says something else, such as what was wrong with a request."""
        return _BY_CODE.get(code or "")

    @property
    def sentence(self) -> str:
        """The sentence for a person."""
        return self.value.sentence

    def until(self, at: float, now: float) -> str:
        """The sentence with the moment at which that is over; both in Unix seconds."""
        return f"{self.sentence} It works again {moment(at, now)}."

    @property
    def action(self) -> str:
        """The label of the button that helps."""
        return self.value.action

    @property
    def status(self) -> int:
        """HTTP status of an answer that failed because of it."""
        return self.value.status

    @property
    def code(self) -> str:
        """Stable identifier for programs."""
        return self.value.code


_BY_CODE = {condition.code: condition for condition in Condition}
