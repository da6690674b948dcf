"""Send anything to any URL: a clear answer with the right status, never a 500; nothing changes."""
