"""The one tree of errors that end something other than a single answer.

    TidegateError            a sentence for a person that says what to do next
    ├── UsageError           the command line, the environment or config.toml is wrong   (exit code 2)
    │   └── PortTaken        another program holds the port                              (exit code 2)
    └── SecretsUnavailable   the operating system offers no usable keyring

What goes wrong inside one answer is not an exception but a value, `app.proxy.neutral.fault.Fault`, because it
travels at the end of a stream to whoever asked.
"""

from __future__ import annotations


class TidegateError(Exception):
    """Something a person has to know about; `str(error)` is the sentence to show."""

    exit_code = 1


class UsageError(TidegateError):
    """The command line, the environment or the settings file asks for something that can't be done."""

    exit_code = 2


class PortTaken(UsageError):
    """Another program listens on the port; the sentence names it and the next free port."""


class SecretsUnavailable(TidegateError):
    """The operating system's keyring is missing or locked."""
