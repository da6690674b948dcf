"""Times in words."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def in_words(at: datetime) -> str:
    """Return a past time as people say it: 5 minutes ago, yesterday at 3:40; its date if older."""
    now, then = timezone.localtime(), timezone.localtime(at)
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if minutes < 12 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    days = (now.date() - then.date()).days
    said = {
        0: _("today at %(time)s"),
        1: _("yesterday at %(time)s"),
    }.get(days, _("%(weekday)s at %(time)s") if days < 7 else _("%(date)s at %(time)s"))
    return said % {
        "time": date_format(then, "TIME_FORMAT"),
        "weekday": date_format(then, "l"),
        "date": date_format(then, "MONTH_DAY_FORMAT"),
    }
