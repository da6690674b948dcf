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
