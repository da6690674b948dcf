"""Take pictures of the demo company's pages, in a window and on a phone, light and dark.

`make screenshots` writes them to var/screenshots, to be looked at one by one; six of them are in
the README. ARGS=es takes them in Spanish.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoneadmin.settings")
django.setup()

from tests.browser.conftest import CHROMIUM, QUIET  # noqa: E402
from tests.browser.scenes import SCENES, SIGNED_OUT, Company  # noqa: E402
from tests.browser.steps import of_person  # noqa: E402
from tests.phoneadmin.operations.serve_command import serving  # noqa: E402
from tests.sip.conftest import free_port  # noqa: E402

EMAIL = "owen.cohen@northwind-trading.example"
COMPANY = Company(
    "Warehouse", "Maya Mensah", "Lab 3", "Dana García", "Front desk", "Leila Moreau", "Owen Cohen"
)
SIZES = {"1280": (1280, 800), "390": (390, 844)}
THEMES = ("light", "dark")
PICTURES = [
    "user-phones", "assigned-to", "menu-of-phone", "confirm-a", "confirm-b", "confirm-c",
    "confirm-d", "confirm-e", "restart", "address-new", "address-refused", "address-understood",
    "users-of-account", "credentials", "keys", "help", "help-found", "preferences",
    "common-area-phones", "add-phones", "several-errors", "company-settings", "security",
    "sessions", "change-password", "assigned", "activity",
]  # fmt: skip
DOCS = {
    "user-phones": "user-phones-1280-light", "confirmation": "confirm-e-1280-light",
    "dark": "user-phones-1280-dark", "e911-address": "address-understood-1280-light",
    "message": "assigned-1280-light", "phone": "confirm-e-390-light",
}  # fmt: skip


def sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", settings.DEMO_PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url("**/phones/")


def give_a_plan(page: Page) -> None:
    """Let a user without a phone have one; the demo company has no such user."""
    of_person(page, COMPANY.without, "plan")
    page.locator("dialog [name=plan][value=pro]").check()
    page.locator("dialog button.primary").click()
    page.wait_for_selector("#messages .message")


def undo(page: Page) -> None:
    page.locator("#messages a[href*='moves']").click()
    page.locator("dialog button.primary").click()
    page.wait_for_selector("dialog", state="hidden")


def take(browser: Browser, site: str, folder: Path, language: str) -> None:
    """Take each picture in each size and theme."""
    prepared = False
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                base_url=site, viewport={"width": width, "height": height}, color_scheme=theme,
                locale=language, reduced_motion="reduce", timezone_id="America/New_York",
            )  # fmt: skip
            page = context.new_page()

            def shoot(name: str, page: Page = page, end: str = f"{size}-{theme}") -> None:
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{name}-{end}.png")

            for name, come in SIGNED_OUT.items():
                come(page, COMPANY)
                shoot(name)
            sign_in(page)
            if not prepared:
                give_a_plan(page)
                prepared = True
            for name in PICTURES:
                page.goto("about:blank")  # otherwise the page would stay scrolled
                SCENES[name](page, COMPANY)
                shoot(name)
                if name == "assigned":
                    undo(page)
            context.close()


def main(language: str = "en") -> None:
    folder = settings.BASE_DIR / "var" / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chromium = next(found for name in CHROMIUM if (found := shutil.which(name)))
    port = free_port()
    with (
        TemporaryDirectory() as data,
        serving(Path(data) / "data", port),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        try:
            take(browser, f"http://localhost:{port}", folder, language)
        finally:
            browser.close()
    if language == "en":
        for name, picture in DOCS.items():
            shutil.copy(folder / f"{picture}.png", settings.BASE_DIR / "docs" / f"{name}.png")
    print(f"{len(list(folder.iterdir()))} pictures are in {folder.relative_to(settings.BASE_DIR)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
