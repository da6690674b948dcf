"""Who is told of another address or role, and the link that blocks a sign-in (R44)."""
