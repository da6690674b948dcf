"""Collect all makes: every module of this package that defines a `make`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from phones import provisioning
from phones.provisioning.make import Make


def _found() -> dict[str, Make]:
    names = (module.name for module in iter_modules(provisioning.__path__))
    modules = (import_module(f"{provisioning.__name__}.{name}") for name in names)
    makes = (module.make for module in modules if isinstance(getattr(module, "make", None), Make))
    return {make.key: make for make in sorted(makes, key=lambda make: make.name)}


MAKES = _found()


def suggest_make(mac: str) -> Make | None:
    """Return the make that a MAC address (12 digits) suggests, or None if none or several do.

    The first six digits name who made the network chip or board, in IEEE's registry; so this is a
    hint, not proof.
    """
    found = [make for make in MAKES.values() if mac[:6].lower() in make.prefixes]
    return found[0] if len(found) == 1 else None
