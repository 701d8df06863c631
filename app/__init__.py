"""Tidegate: a tray application that lets chat apps talk to Claude through one local address."""

__version__ = "0.1.0"
