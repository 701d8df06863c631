"""What every layer may use: errors, events, settings, secrets, paths and logs. Knows no tray, proxy or ui."""
