"""The tray icon and its menu.

events, status ──► state ──► menu ──► icon        (pure, pure, the only file that knows pystray)
a click ──► actions ──► core.commands
"""
