"""The dashboard: its pages, the routes behind them, and the secret that opens both. Knows nothing of the proxy."""
