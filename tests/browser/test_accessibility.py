"""Every page and dialog meets WCAG 2.2 A and AA in both themes and languages, as axe-core finds.

Narrow windows (WCAG 1.4.10) and reduced motion (2.3.3) are checked too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.scenes import SCENES, SIGNED_OUT
from tests.browser.windows import LAPTOP

from .axe import ALL_BUT_COLORS, violations, violations_in_colors
from .layout import NARROW, violations_of_width_and_motion

PART = 15  # scenes per test


def parts() -> Iterator[Any]:
    """Yield all scenes in parts, so that several workers can share them."""
    yield pytest.param(SIGNED_OUT, id="signed-out")
    names = list(SCENES)
    for first in range(0, len(names), PART):
        yield pytest.param(
            {name: SCENES[name] for name in names[first : first + PART]}, id=f"from-{names[first]}"
        )


@pytest.mark.parametrize("language", ["en", pytest.param("es", marks=pytest.mark.ci)])
@pytest.mark.parametrize("scenes", list(parts()))
def test_pages_and_dialogs_have_no_violation_however_narrow(
    windows, cast, company, scenes, language
):
    """Check English in a window of changing width, and Spanish in a narrow one."""
    wrong: list[str] = []
    person = None if scenes is SIGNED_OUT else cast.alice
    viewport = LAPTOP if language == "en" else NARROW
    with windows.window(
        person, locale=language, viewport=viewport, reduced_motion="reduce"
    ) as page:
        for name, come in scenes.items():
            come(page, company)
            assert page.locator("html").get_attribute("lang") == language
            found = [*violations(page, ALL_BUT_COLORS), *violations_in_colors(page)]
            found += violations_of_width_and_motion(page)
            wrong += [f"{name}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)
