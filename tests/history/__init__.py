"""Every change by anybody is on record with who, when, from what to what (R37)."""
