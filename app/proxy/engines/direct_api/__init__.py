"""Answers through the Messages API with an API key; nothing is added to what the app sent."""

from app.proxy.engines.direct_api.engine import DirectEngine

__all__ = ["DirectEngine"]
