"""The providers on loopback are there for all tests of e911."""

from tests.e911.providers.conftest import play, telnyx  # noqa: F401
