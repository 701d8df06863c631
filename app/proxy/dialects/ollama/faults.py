"""A fault as Ollama's error object, which has a sentence and nothing else."""

from __future__ import annotations

from app.proxy.neutral.fault import Fault
from app.proxy.neutral.json_text import json_bytes


def error_body(fault: Fault) -> bytes:
    """The whole body of a failed answer; in a stream, its last line."""
    return json_bytes({"error": fault.message})
