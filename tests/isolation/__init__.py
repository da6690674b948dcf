"""Attacks on row-level security (R1, R6): what an account can see of another if all else fails.

It guards against mistakes: a view without its filter, a wrong key, a wrong job. Anyone who can run
arbitrary statements as the application can also claim to be another account (`set_config`), so no
request may ever get that far. These tests try everything short of it.
"""
