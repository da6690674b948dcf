"""Snom desk phones: D1xx, D3xx, D7xx, D8xx.

Settings and syntax as in Snom's service hub (service.snom.com: "Desk Phone Configuration Files",
"<phone-settings> tag", "Permission Flags", "Auto Provisioning", "Dial Plan - Regular Expressions";
parameters/snom.csv). Given a folder, the phone asks it for snomMODEL.htm and then for
snomMODEL-MAC.htm; from then on it asks for the address that this file installs.
"""

from __future__ import annotations

from functools import cache
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock, Turn
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_with_warning

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français"}
AUTO_DIAL = 5  # seconds after the last key; older firmware takes no 3
US_STARTS, US_ENDS = Turn(3, 2, 0, 120), Turn(11, 1, 0, 120)
# Zones that Snom has a name for, by their offset from UTC in minutes: with the daylight saving time
# of the United States and Canada, and without.
ZONES = {
    -540: "USA-9",
    -480: "USA-8",
    -420: "USA-7",
    -360: "USA-6",
    -300: "USA-5",
    -240: "CAN-4",
    -210: "CAN-3.5",
}
ZONES_WITHOUT_SUMMER = {
    -600: "USA-10",  # Hawaii
    -420: "USA2-7",  # Arizona
    -360: "CAM-6",  # Central America
    -300: "COL-5",  # Colombia
    -240: "TTB-4",  # Trinidad
    600: "AUS2+10",  # Brisbane
}

ALWAYS = {
    "challenge_checksync": "off",
    "settings_refresh_timer": 3600,  # seconds, counted from the start of each phone
    # Others who could configure the phone: multicast, DHCP and TR-069, which the order leaves out
    # (an order can't be blank, so Snom's redirection stays, which only the phone's owner can set);
    # multicast once more for older firmware; SIP; and below, Snom's cloud.
    "provisioning_order": "redirection:stop",
    "pnp_config": "off",
    "allow_sip_settings": "off",
    "admin_mode": "off",
    "http_user": "admin",
    "webserver_admin_name": "admin",  # D8xx have accounts of their own for their second web page
    "webserver_user_name": "user",
    "enable_rport_rfc3581": "on",
    "auto_dial": AUTO_DIAL,
    "keyboard_lock_emergency": " ".join(dialing.EMERGENCY),
    "date_us_format": "on",  # month first; otherwise the day
    "tone_scheme": "USA",  # Canada has the same tones, and no scheme of its own
}

# A person may choose these at the phone; the next file sets them again. The administrator couldn't
# enter the administrator's mode if it were read-only.
WRITABLE = {
    "admin_mode",
    "setting_server",
    "language",
    "web_language",
    "date_us_format",
    "time_24_format",
}


def render_configuration(desk: Desk) -> str:
    """Return the phone's settings."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<settings>\n  <phone-settings e="2">\n'
        f"{_write_identity(desk)}{_account(desk)}{_write(_phone(desk))}"
        "  </phone-settings>\n</settings>\n"
    )


def _write_identity(desk: Desk) -> str:
    on, line = "off" if desk.line is None else "on", desk.line or OFF
    identity = {
        "user_active": on,
        "user_realname": line.name,
        "user_idle_text": label_with_warning(desk),
        "user_name": line.username,
        "user_pname": line.username,  # authentication name
        "user_pass": line.password,
        "user_host": line.domain,
        "user_outbound": f"{line.proxy};transport={line.transport}" if line.proxy else "",
        "user_expiry": line.expires,
        "keepalive_interval": 25,  # seconds
        # Offered beside RTP; without TLS, the keys would travel in the clear.
        "user_srtp": "on" if line.transport == "tls" else "off",
        "user_savp": "optional",
        "user_dp_str": _write_dial_plan(desk.ext_length, desk.outside_prefix),
    }
    # R: only a configuration file may change it. RW: so may the person at the phone, until the next
    # file.
    return "".join(
        f'    <{name} idx="1" perm="R">{_text(value)}</{name}>\n'
        for name, value in identity.items()
    )


def _phone(desk: Desk) -> dict[str, object]:
    return {
        "setting_server": desk.address + "{mac}.xml",  # the phone fills in its own MAC address
        "tls_server_authentication": "on" if desk.check_certificates else "off",
        "admin_mode_password": desk.admin_password,
        "admin_mode_password_confirm": desk.admin_password,
        "http_pass": desk.admin_password,
        "webserver_admin_password": desk.admin_password,
        "webserver_user_password": desk.user_password,
    }


def _account(desk: Desk) -> str:
    return _write_account(desk.clock, desk.ntp_servers, desk.language, desk.has_24_hours)


@cache
def _write_account(
    clock: Clock, ntp_servers: tuple[str, ...], language: str, has_24_hours: bool
) -> str:
    """Return the settings that all phones of an account share."""
    settings = ALWAYS | {
        "language": LANGUAGES[language],
        "web_language": LANGUAGES[language],
        "ntp_server": ntp_servers[0] if ntp_servers else "",
        # The name, which current firmware needs, if Snom has one; and the same rules spelled out.
        "timezone": _find_zone(clock),
        "utc_offset": f"{clock.offset * 60:+d}",  # seconds
        "dst": _write_rules(clock),
        "time_24_format": "on" if has_24_hours else "off",
    }
    # The phone's index 1 is Snom's device management.
    return _write(settings) + '    <tr369_enable idx="1" perm="R">false</tr369_enable>\n'


@cache
def _write_dial_plan(ext_length: int, outside_prefix: str) -> str:
    """Return expressions in the order they are tried; the flag d is to dial at once.

    What fits none goes after AUTO_DIAL seconds, or with the OK key.
    """
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    immediate = "|".join(dialing.write_pattern(pattern, "[0-9]") for pattern in patterns)
    emergency = "|".join(dialing.list_emergency_numbers(outside_prefix))
    return " ".join(rf"!^({one})$!sip:\1@\d!d" for one in (emergency, immediate) if one)


def _find_zone(clock: Clock) -> str:
    """Return Snom's name for a zone of these rules, or ""."""
    if not clock.saved:
        return ZONES_WITHOUT_SUMMER.get(clock.offset, "")
    is_american = (clock.saved, clock.starts, clock.ends) == (60, US_STARTS, US_ENDS)
    return ZONES.get(clock.offset, "") if is_american else ""


def _write_rules(clock: Clock) -> str:
    if clock.starts is None or clock.ends is None:
        return ""
    return f"{clock.saved * 60} {_turn(clock.starts)} {_turn(clock.ends)}"


def _turn(turn: Turn) -> str:
    """Return month.week.weekday and the time; week 05 is the last, weekday 07 Sunday."""
    return f"{turn.month:02}.{turn.week:02}.{turn.weekday or 7:02} {turn.hour:02}:00:00"


def _write(settings: dict[str, object]) -> str:
    return "".join(
        f'    <{name} perm="{"RW" if name in WRITABLE else "R"}">{_text(value)}</{name}>\n'
        for name, value in settings.items()
    )


def _text(value: object) -> str:
    return escape(fit_on_one_line(value))


make = Make(
    key="snom",
    name="Snom",
    file=r"(?:snom[a-z0-9]+-)?{mac}\.(?:htm|xml)",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    restart_event="check-sync;reboot=true",
    steps=(
        _("Find the phone’s IP address: press the Settings key and look under Information."),
        _("On a computer in the same network, open that address in a browser."),
        _("If it asks for a password that you don’t know, reset the phone to factory settings."),
        _("Choose Advanced › Update and enter as Setting URL: {address}"),
        _("Press Apply, then Save, then Reboot."),
    ),
    models=(
        "Snom D120",
        "Snom D140",
        "Snom D150",
        "Snom D315",
        "Snom D335",
        "Snom D385",
        "Snom D712",
        "Snom D713",
        "Snom D717",
        "Snom D735",
        "Snom D785",
        "Snom D810",
        "Snom D812",
        "Snom D815",
        "Snom D862",
        "Snom D865",
    ),
    # DECT bases and the conference phones of the C series run other firmware.
    refused={
        r"\b[MC][0-9]{3}\b": _(
            "This model runs other firmware than Snom’s D series, and can’t read our files."
        )
    },
    # "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 …)" over HTTP, "snomD785/10.1…" over SIP.
    agent=r"(?:Mozilla/4\.0 \(compatible; )?snom",
    prefixes=("000413",),
)
