from tests.support.conftest import world

__all__ = ["world"]
