"""How Help says support can be reached, according to the settings (R10)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.utils import translation

from phoneadmin.help.contact import Hours, Support, read_support

SAID = {
    "PHONEADMIN_SUPPORT_CHAT": "https://chat.example.com/",
    "PHONEADMIN_SUPPORT_PHONE": "+1 (800) 998-7087",
    "PHONEADMIN_SUPPORT_HOURS": "mon-fri 08:00-18:00 America/Los_Angeles",
    "PHONEADMIN_SUPPORT_LANGUAGES": "en es",
    "PHONEADMIN_SUPPORT_FORM_URL": "https://support.example.com/request",
    "PHONEADMIN_TERMS_URL": "https://www.example.com/terms",
}
PAGES = ("PHONEADMIN_SUPPORT_FORM_URL", "PHONEADMIN_TERMS_URL")
PACIFIC = ZoneInfo("America/Los_Angeles")


def test_help_tells_how_support_is_reached(db):
    with override_settings(SUPPORT=read_support(SAID)):
        page = " ".join(Client().get("/help/").content.decode().split())
    assert 'href="https://chat.example.com/"' in page
    assert '<a href="tel:+18009987087">+1 (800) 998-7087</a>' in page
    assert "Monday to Friday, 8 a.m. to 6 p.m. (Pacific time): <strong>" in page
    assert "In English and Spanish (español)" in page
    assert 'href="https://support.example.com/request"' in page


def test_help_leads_to_the_terms_where_it_speaks_of_them(db):
    with override_settings(SUPPORT=read_support(SAID)):
        page = Client().get("/help/").content.decode()
    of_apps = page.partition('id="apps-and-911"')[2].partition("</article>")[0]
    of_support = page.partition('id="support"')[2].partition("</article>")[0]
    for topic in (of_apps, of_support):
        assert 'href="https://www.example.com/terms"' in topic


def test_without_a_form_or_terms_help_links_to_none(db):
    with override_settings(SUPPORT=read_support(SAID | dict.fromkeys(PAGES, ""))):
        page = Client().get("/help/").content.decode()
    assert "Write to support" not in page and "Terms of service" not in page


def test_without_any_support_help_shows_no_dead_link(db):
    with override_settings(SUPPORT=Support()):
        page = Client().get("/help/").content.decode()
    assert "Ask your phone company how to reach support" in page
    assert 'class="help-support"' not in page


@pytest.mark.parametrize(
    ("when", "open_then"),
    [
        (datetime(2026, 11, 23, 8, 0, tzinfo=PACIFIC), True),  # a Monday
        (datetime(2026, 11, 23, 7, 59, tzinfo=PACIFIC), False),
        (datetime(2026, 11, 23, 17, 59, tzinfo=PACIFIC), True),
        (datetime(2026, 11, 23, 18, 0, tzinfo=PACIFIC), False),
        (datetime(2026, 11, 22, 12, 0, tzinfo=PACIFIC), False),  # a Sunday
        (datetime(2026, 11, 24, 1, 30, tzinfo=ZoneInfo("UTC")), True),  # still Monday on the coast
    ],
)
def test_support_is_open_in_its_own_time_zone(when, open_then):
    assert Hours.parse(SAID["PHONEADMIN_SUPPORT_HOURS"]).open_at(when) is open_then


def test_hours_are_told_in_the_readers_words():
    said = Hours.parse("mon-fri 08:00-18:30, sat 09:00-12:00, sun 0:00-24:00 Europe/Madrid")
    assert str(said) == (
        "Monday to Friday, 8 a.m. to 6:30 p.m.; Saturday, 9 a.m. to noon; "
        "Sunday, all day (time in Madrid)"
    )
    with translation.override("es"):
        assert "lunes" in str(said) and "6:30 p.m." in str(said)
        assert read_support(SAID).spoken.startswith("Inglés (English)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAT", "chat.example.com"),
        ("CHAT", "javascript:alert(1)"),
        ("PHONE", "call us"),
        ("HOURS", "always"),
        ("HOURS", "mon-fri 08:00-18:00"),
        ("HOURS", "mon-fri 18:00-08:00 America/Denver"),
        ("HOURS", "mon-fri 08:00-25:00 America/Denver"),
        ("HOURS", "fri-mon 08:00-18:00 America/Denver"),
        ("HOURS", "mon-fri 08:00-18:00 America/Nowhere"),
        ("HOURS", "mon-fri 08:00-18:00 ../etc/passwd"),
        ("HOURS", "mon-fri 08:00-18:00 America"),
        ("LANGUAGES", "en spanish"),
        ("FORM_URL", "support.example.com"),
        ("FORM_URL", "javascript:alert(1)"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused_with_the_way_out(name, value):
    with pytest.raises(ImproperlyConfigured, match=f"PHONEADMIN_SUPPORT_{name} (must|is a list)"):
        read_support({f"PHONEADMIN_SUPPORT_{name}": value})


@pytest.mark.parametrize("value", ["example.com/terms", "mailto:legal@example.com", "https://"])
def test_terms_that_are_no_page_are_refused(value):
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_TERMS_URL must be the address"):
        read_support({"PHONEADMIN_TERMS_URL": value})
