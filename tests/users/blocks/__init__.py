"""Who is told of a changed address or role, and the link that blocks a sign-in (R44)."""
