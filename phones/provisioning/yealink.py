"""Yealink desk phones, firmware 81 and later (T2, T3, T4, T5).

Parameters as in Yealink's "Administrator's Guide for SIP-T2 Series/T4 Series/T5 Series/CP920 IP
Phones"; the file's syntax and the order in which files are fetched as in its "Yealink IP Phones
Auto Provisioning Guide": UTF-8, a fixed first line, then one `parameter = value` a line, without
quotes. %NULL% takes a value away.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from phones.provisioning.make import OFF, Line, Make, fit_on_one_line

NULL = "%NULL%"
TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
LONGEST = 99  # characters of a display name


def render_configuration(line: Line | None, address: str) -> str:
    """Return MAC.cfg, which the phone fetches after the file of its model (we serve none)."""
    settings = _account(line or OFF)
    if line is None:
        settings = dict.fromkeys(settings, "") | {"account.1.enable": 0}
    settings |= {
        "sip.notify_reboot_enable": 1,
        "static.auto_provision.server.url": address,
        "static.auto_provision.power_on": 1,
        "static.auto_provision.repeat.enable": 1,
        # Counted from the start of each phone; there is no random part.
        "static.auto_provision.repeat.minutes": 60,
        # Otherwise an address from the network's DHCP overrides the one above.
        "static.auto_provision.dhcp_option.enable": 0,
    }
    rows = (f"{parameter} = {_value(value)}\n" for parameter, value in settings.items())
    return "#!version:1.0.0.1\n" + "".join(rows)


def _account(line: Line) -> dict[str, object]:
    return {
        "account.1.enable": 1,
        "account.1.label": line.label,
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
    }


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
            "models)."
            " The password is “admin” unless somebody changed it."
        ),
        _("Choose Auto Provision and enter as provisioning server, or URL: {address}"),
        _("Leave user name and password empty. Press Save and agree to update now."),
        _("If the phone does not ask, unplug it and plug it in again."),
    ),
)
