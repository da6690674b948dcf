"""Every change is on record: who made it, when, from what to what (R37)."""
