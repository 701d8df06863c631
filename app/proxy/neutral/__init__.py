"""What a chat is, whichever shape asked and whichever engine answers. Frozen values, standard library only."""
