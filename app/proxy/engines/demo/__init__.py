"""An engine that needs nobody: it lets anyone test a chat app's connection before having an account."""
