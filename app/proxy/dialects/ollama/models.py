"""Tidegate's models as Ollama lists them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from app.proxy.neutral.model import ServedModel


def listed(model: ServedModel) -> dict[str, Any]:
    """One entry of GET /api/tags. Nothing lies on a disk here: the size is 0, the digest one of the name."""
    return {
        "name": model.id,
        "model": model.id,
        "modified_at": _moment(model),
        "size": 0,
        "digest": hashlib.sha256(model.id.encode()).hexdigest(),
        "details": _details(),
    }


def shown(model: ServedModel) -> dict[str, Any]:
    """The answer to POST /api/show, with the length that is really served and what the model can do."""
    abilities = ["completion", "tools"]
    abilities += ["vision"] if model.accepts_images else []
    abilities += ["thinking"] if model.efforts else []
    return {
        "modelfile": "",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _details(),
        "model_info": {
            "general.architecture": "claude",
            "general.basename": model.display_name,
            "claude.context_length": model.context_tokens,
        },
        "capabilities": abilities,
        "modified_at": _moment(model),
    }


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "",
        "family": "claude",
        "families": ["claude"],
        "parameter_size": "",
        "quantization_level": "",
    }


def _moment(model: ServedModel) -> str:
    return datetime.fromtimestamp(model.created, UTC).isoformat().replace("+00:00", "Z")
