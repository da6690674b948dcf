"""Yealink desk phones, firmware 81 and later (T2, T3, T4, T5).

Parameters as in Yealink's "Administrator's Guide for SIP-T2 Series/T4 Series/T5 Series/CP920 IP
Phones" (parameters/yealink.csv); the file's syntax and the order in which files are fetched as in
its "Yealink IP Phones Auto Provisioning Guide": UTF-8, a fixed first line, then one
`parameter = value` a line, without quotes. %NULL% takes a value away.
"""

from __future__ import annotations

from functools import cache

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock, Turn
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_with_warning

NULL = "%NULL%"
TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French"}
LONGEST = 99  # characters of a name or label


def render_configuration(desk: Desk) -> str:
    """Return MAC.cfg, which the phone fetches after the file of its model (we serve none)."""
    account = _account(desk)
    if desk.line is None:
        account = dict.fromkeys(account, "") | {"account.1.enable": 0}
    # The only parameter that may stand in a file twice: once for each account of the web page.
    passwords = (f"admin:{desk.admin_password}", f"user:{desk.user_password}")
    rows = [*(account | _fetching(desk) | _place(desk)).items()]
    rows += [("static.security.user_password", password) for password in passwords]
    return "#!version:1.0.0.1\n" + "".join(f"{name} = {_value(value)}\n" for name, value in rows)


def _account(desk: Desk) -> dict[str, object]:
    line = desk.line or OFF
    return {
        "account.1.enable": 1,
        "account.1.label": label_with_warning(desk),
        "account.1.display_name": fit_on_one_line(line.name)[:LONGEST],
        "account.1.user_name": line.username,
        "account.1.auth_name": line.username,
        "account.1.password": line.password,
        "account.1.sip_server.1.address": line.domain,
        "account.1.sip_server.1.port": line.port,
        "account.1.sip_server.1.transport_type": TRANSPORTS[line.transport],
        "account.1.sip_server.1.expires": line.expires,
        "account.1.outbound_proxy_enable": 1,
        "account.1.outbound_proxy.1.address": line.host,
        "account.1.outbound_proxy.1.port": line.port,
        "account.1.nat.rport": 1,
        "account.1.nat.udp_update_enable": 1,
        "account.1.nat.udp_update_time": 30,  # seconds
        # Offered, not required; without TLS, the keys would travel in the clear.
        "account.1.srtp_encryption": int(line.transport == "tls"),
    }


def _fetching(desk: Desk) -> dict[str, object]:
    return {
        "sip.notify_reboot_enable": 1,
        "static.auto_provision.server.url": desk.address,
        "static.auto_provision.power_on": 1,
        "static.auto_provision.repeat.enable": 1,
        # Counted from the start of each phone; there is no random part.
        "static.auto_provision.repeat.minutes": 60,
        # Others who could configure the phone: DHCP, multicast, whoever starts it, and TR-069.
        "static.auto_provision.dhcp_option.enable": 0,
        "static.auto_provision.pnp_enable": 0,
        "static.zero_touch.enable": 0,
        "static.managementserver.enable": 0,
        "static.security.trust_certificates": int(desk.check_certificates),
        "static.security.cn_validation": int(desk.check_certificates),
        "static.security.user_name.admin": "admin",
        "static.security.user_name.user": "user",
        "static.security.var_enable": 0,  # a third account
    }


def _place(desk: Desk) -> dict[str, object]:
    ntp = desk.ntp_servers
    return {
        "lang.gui": LANGUAGES[desk.language],
        "lang.wui": LANGUAGES[desk.language],
        # Canada has the same tones, and no entry of its own.
        "voice.tone.country": "United States",
        "local_time.ntp_server1": ntp[0] if ntp else "",
        "local_time.ntp_server2": ntp[1] if len(ntp) > 1 else "",
        "local_time.manual_ntp_srv_prior": 1,  # before those that DHCP names
        "local_time.dhcp_time": 0,
        "local_time.time_format": int(desk.has_24_hours),
        "local_time.date_format": 2 if desk.has_year_first else 4,  # YYYY-MM-DD, MM/DD/YY
        **_rules(desk.clock),
        "dialplan.digitmap.enable": 1,
        "dialplan.digitmap.string": _digit_map(desk.ext_length, desk.outside_prefix),
        "dialplan.digitmap.interdigit_short_timer": dialing.PAUSE,
        "dialplan.digitmap.interdigit_long_timer": 10,  # it must be longer
        "dialplan.digitmap.no_match_action": 2,  # dial all the same, after the longer pause
        # What is typed before the handset is lifted waits for the send key.
        "dialplan.digitmap.active.on_hook_dialing": 0,
        "phone_setting.predial_autodial": 0,
    }


@cache
def _rules(clock: Clock) -> dict[str, object]:
    return {
        "local_time.time_zone": _offset(clock.offset),
        "local_time.summer_time": int(clock.saved != 0),  # 2 is by the phone's own list of zones
        "local_time.dst_time_type": 1,  # by week
        "local_time.start_time": _turn(clock.starts),
        "local_time.end_time": _turn(clock.ends),
        "local_time.offset_time": clock.saved or "",
    }


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _turn(turn: Turn | None) -> str:
    """Return month/week/day of week/hour, where 7 is Sunday and week 5 the last."""
    return f"{turn.month}/{turn.week}/{turn.weekday or 7}/{turn.hour}" if turn else ""


@cache
def _digit_map(ext_length: int, outside_prefix: str) -> str:
    """Return a digit map (RFC 3435 §2.1.5): what fits an alternative without T goes at once."""
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    immediate = map(dialing.write_pattern, patterns)
    emergency = dialing.list_emergency_numbers(outside_prefix)
    return "|".join([*emergency, *immediate, "[x*#+].T"])


def _value(value: object) -> str:
    text = fit_on_one_line(value)
    # For a person with this name, the phone would otherwise keep the previous person's name.
    if text.upper() == NULL:
        text = text.strip("%")
    return text or NULL


make = Make(
    key="yealink",
    name="Yealink",
    file=r"{mac}\.cfg",
    render_configuration=render_configuration,
    content_type="text/plain; charset=utf-8",
    restart_event="check-sync;reboot=true",
    steps=(
        _(
            "On the phone, press Menu and choose Advanced (Settings › Advanced Settings on older "
            "models). The password is “admin” until the phone is provisioned."
        ),
        # Unverified: no public document was found that says how to reset.
        _("If it has another password, reset the phone first: hold its OK key for ten seconds."),
        _("Choose Auto Provision and enter as provisioning server, or URL: {address}"),
        _("Leave user name and password empty. Press Save and agree to update now."),
        _("If the phone doesn’t ask, unplug it and plug it back in."),
    ),
    models=(
        "Yealink SIP-T31P",
        "Yealink SIP-T31W",
        "Yealink SIP-T33G",
        "Yealink SIP-T34W",
        "Yealink SIP-T43U",
        "Yealink SIP-T44U",
        "Yealink SIP-T44W",
        "Yealink SIP-T46U",
        "Yealink SIP-T48U",
        "Yealink SIP-T53",
        "Yealink SIP-T53W",
        "Yealink SIP-T54W",
        "Yealink SIP-T57W",
        "Yealink SIP-T58W",
        "Yealink SIP-T73U",
        "Yealink SIP-T73W",
        "Yealink SIP-T74U",
        "Yealink SIP-T74W",
        "Yealink SIP-T77U",
        "Yealink SIP-T85W",
        "Yealink SIP-T87W",
    ),
    # "Yealink SIP-T46G 28.72.0.25 00:15:65:5b:53:84" over HTTP, without the address over SIP.
    agent=r"yealink\b",
    prefixes=("001565", "249ad8", "44dbd2", "805e0c", "805ec0", "c4fc22"),
)
