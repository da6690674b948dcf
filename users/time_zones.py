"""The time zones of the United States, its territories, and Canada, as people know them (R26, R47).

Names of the IANA database; one for each set of rules and each large area that keeps them.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

UNITED_STATES = {
    "America/New_York": _("Eastern (New York)"),
    "America/Detroit": _("Eastern (Detroit)"),
    "America/Indiana/Indianapolis": _("Eastern (Indianapolis)"),
    "America/Kentucky/Louisville": _("Eastern (Louisville)"),
    "America/Chicago": _("Central (Chicago)"),
    "America/Denver": _("Mountain (Denver)"),
    "America/Boise": _("Mountain (Boise)"),
    "America/Phoenix": _("Mountain, without daylight saving time (Phoenix)"),
    "America/Los_Angeles": _("Pacific (Los Angeles)"),
    "America/Anchorage": _("Alaska (Anchorage)"),
    "America/Adak": _("Aleutian Islands (Adak)"),
    "Pacific/Honolulu": _("Hawaii (Honolulu)"),
    "America/Puerto_Rico": _("Puerto Rico"),
    "America/St_Thomas": _("U.S. Virgin Islands"),
    "Pacific/Guam": _("Guam"),
    "Pacific/Saipan": _("Northern Mariana Islands"),
    "Pacific/Pago_Pago": _("American Samoa"),
}
CANADA = {
    "America/St_Johns": _("Newfoundland (St. John’s)"),
    "America/Halifax": _("Atlantic (Halifax)"),
    "America/Moncton": _("Atlantic (Moncton)"),
    "America/Goose_Bay": _("Atlantic (Labrador)"),
    "America/Blanc-Sablon": _("Atlantic, without daylight saving time (Blanc-Sablon)"),
    "America/Toronto": _("Eastern (Toronto, Montreal)"),
    "America/Iqaluit": _("Eastern (Iqaluit)"),
    "America/Atikokan": _("Eastern, without daylight saving time (Atikokan)"),
    "America/Winnipeg": _("Central (Winnipeg)"),
    "America/Rankin_Inlet": _("Central (Rankin Inlet)"),
    "America/Regina": _("Central, without daylight saving time (Regina)"),
    "America/Edmonton": _("Mountain (Edmonton, Calgary)"),
    "America/Cambridge_Bay": _("Mountain (Cambridge Bay)"),
    "America/Inuvik": _("Mountain (Inuvik)"),
    "America/Creston": _("Mountain, without daylight saving time (Creston)"),
    "America/Dawson_Creek": _("Mountain, without daylight saving time (Dawson Creek)"),
    "America/Vancouver": _("Pacific (Vancouver)"),
    "America/Whitehorse": _("Yukon (Whitehorse)"),
}
ZONES = UNITED_STATES | CANADA
GROUPS = [
    (_("United States"), list(UNITED_STATES.items())),
    (_("Canada"), list(CANADA.items())),
]


def guess_zone() -> str:
    """Return the zone of the browser that asks, "" if it isn't known or isn't one of ours.

    Our JavaScript keeps it in a cookie (phoneadmin/preferences.py).
    """
    zone = timezone.get_current_timezone_name()
    return zone if zone in ZONES else ""
