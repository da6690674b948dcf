"""How customers reach support and find the terms of service, from the environment (R10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.text import get_text_list
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
A_DAY = 24 * 60  # minutes
SPAN = re.compile(
    rf"(?P<first>{'|'.join(DAYS)})(?:-(?P<last>{'|'.join(DAYS)}))? "
    r"(?P<opens>[0-9]{1,2}:[0-5][0-9])-(?P<closes>[0-9]{1,2}:[0-5][0-9])"
)
# What people call the zones that the time zone database names after cities.
ZONES = {
    "America/St_Johns": gettext_lazy("Newfoundland time"),
    "America/Halifax": gettext_lazy("Atlantic time"),
    "America/New_York": gettext_lazy("Eastern time"),
    "America/Toronto": gettext_lazy("Eastern time"),
    "America/Chicago": gettext_lazy("Central time"),
    "America/Winnipeg": gettext_lazy("Central time"),
    "America/Denver": gettext_lazy("Mountain time"),
    "America/Edmonton": gettext_lazy("Mountain time"),
    "America/Los_Angeles": gettext_lazy("Pacific time"),
    "America/Vancouver": gettext_lazy("Pacific time"),
    "America/Anchorage": gettext_lazy("Alaska time"),
    "Pacific/Honolulu": gettext_lazy("Hawaii time"),
    "UTC": gettext_lazy("UTC"),
}


@dataclass(frozen=True)
class Span:
    """Hours on consecutive days: weekdays 0 (Monday) to 6, in minutes since midnight."""

    first: int
    last: int
    opens: int
    closes: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Parse a text such as "mon-fri 08:00-18:00". Raises ValueError."""
        said = SPAN.fullmatch(" ".join(text.lower().split()))
        if not said:
            raise ValueError(text)
        first = DAYS.index(said["first"])
        span = cls(
            first,
            DAYS.index(said["last"]) if said["last"] else first,
            _minutes(said["opens"]),
            _minutes(said["closes"]),
        )
        if not (span.first <= span.last and span.opens < span.closes <= A_DAY):
            raise ValueError(text)
        return span

    def __str__(self) -> str:
        names = {"first": WEEKDAYS[self.first], "last": WEEKDAYS[self.last]}
        days = names["first"] if self.first == self.last else _("%(first)s to %(last)s") % names
        if (self.opens, self.closes) == (0, A_DAY):
            return _("%(days)s, all day") % {"days": days}
        times = {"days": days, "opens": _shown(self.opens), "closes": _shown(self.closes)}
        return _("%(days)s, %(opens)s to %(closes)s") % times


@dataclass(frozen=True)
class Hours:
    """When support answers."""

    spans: tuple[Span, ...]
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Parse spans and a zone: "mon-fri 08:00-18:00, sat 09:00-12:00 America/Denver".

        Raises ValueError.
        """
        spans, _space, zone = text.strip().rpartition(" ")
        try:
            return cls(tuple(Span.parse(span) for span in spans.split(",")), ZoneInfo(zone))
        except (ValueError, OSError, LookupError) as error:  # a bad zone raises one of these
            raise ValueError(text) from error

    def open_at(self, moment: datetime) -> bool:
        """Tell whether support answers at this moment."""
        there = moment.astimezone(self.zone)
        minute = there.hour * 60 + there.minute
        return any(
            s.first <= there.weekday() <= s.last and s.opens <= minute < s.closes
            for s in self.spans
        )

    def __str__(self) -> str:
        city = self.zone.key.rpartition("/")[2].replace("_", " ")
        zone = ZONES.get(self.zone.key) or _("time in %(city)s") % {"city": city}
        return f"{'; '.join(map(str, self.spans))} ({zone})"


@dataclass(frozen=True)
class Support:
    """Where to reach support; a field is empty if the environment doesn't say."""

    chat: str = ""
    phone: str = ""
    hours: Hours | None = None
    languages: tuple[str, ...] = ()
    request_form: str = ""  # the address of the page on which customers write to support
    terms: str = ""  # the address of the phone company's terms of service

    @property
    def dialled(self) -> str:
        """The telephone number as in a tel: URI (RFC 3966)."""
        return re.sub(r"[^0-9+]", "", self.phone)

    @property
    def spoken(self) -> str:
        """The languages in a sentence; foreign ones also by their own names."""
        known = [get_language_info(code) for code in self.languages]
        names = [
            one["name_translated"]
            if one["name_translated"].casefold() == one["name_local"].casefold()
            else f"{one['name_translated']} ({one['name_local']})"
            for one in known
        ]
        return get_text_list(names, _("and"))


def read_support(environment: Mapping[str, str]) -> Support:
    """Read how to reach support.

    Raises ImproperlyConfigured, which says what to write instead.
    """
    chat = environment.get("PHONEADMIN_SUPPORT_CHAT", "").strip()
    if chat and not re.fullmatch(r"(https?://|mailto:|tel:)\S+", chat):
        raise ImproperlyConfigured(
            "PHONEADMIN_SUPPORT_CHAT must be the address of a page, https://…, "
            "or begin with mailto: or tel:."
        )
    phone = environment.get("PHONEADMIN_SUPPORT_PHONE", "").strip()
    if phone and not re.fullmatch(r"\+?[0-9][0-9 ().-]{2,24}", phone):
        raise ImproperlyConfigured(
            "PHONEADMIN_SUPPORT_PHONE must be a telephone number such as +1 415 555 0100."
        )
    hours = environment.get("PHONEADMIN_SUPPORT_HOURS", "").strip()
    try:
        there = Hours.parse(hours) if hours else None
    except ValueError as error:
        raise ImproperlyConfigured(
            "PHONEADMIN_SUPPORT_HOURS must look like mon-fri 08:00-18:00 America/Los_Angeles: "
            "days, from, to, and a time zone of the time zone database; several such times stand "
            "between commas, the zone at the end."
        ) from error
    languages = tuple(
        environment.get("PHONEADMIN_SUPPORT_LANGUAGES", "").lower().replace(",", " ").split()
    )
    if unknown := [code for code in languages if "name" not in LANG_INFO.get(code, {})]:
        raise ImproperlyConfigured(
            "PHONEADMIN_SUPPORT_LANGUAGES is a list of codes of languages such as en es, "
            f"without {unknown[0]}."
        )
    return Support(
        chat,
        phone,
        there,
        languages,
        request_form=_read_page(environment, "PHONEADMIN_SUPPORT_FORM_URL"),
        terms=_read_page(environment, "PHONEADMIN_TERMS_URL"),
    )


def _read_page(environment: Mapping[str, str], name: str) -> str:
    """Read the address of a page; return "" if unset."""
    page = environment.get(name, "").strip()
    if page and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", page):
        raise ImproperlyConfigured(f"{name} must be the address of a page, https://….")
    return page


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _shown(minutes: int) -> str:
    return time_format(time(minutes // 60 % 24, minutes % 60), "TIME_FORMAT")
