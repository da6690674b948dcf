"""Snom desk phones: D1xx, D3xx, D7xx, D8xx.

Settings and syntax as in Snom's service hub (service.snom.com: "Desk Phone Configuration Files",
"<phone-settings> tag", "Permission Flags", "Auto Provisioning"). Given a folder, the phone asks it
for snomMODEL.htm and then for snomMODEL-MAC.htm; from then on it asks for the address that this
file installs.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning.make import OFF, Line, Make, fit_on_one_line


def render_configuration(line: Line | None, address: str) -> str:
    """Return the phone's settings."""
    on, line = "off" if line is None else "on", line or OFF
    identity = {
        "user_active": on,
        "user_realname": line.name,
        "user_idle_text": line.label,
        "user_name": line.username,
        "user_pname": line.username,  # authentication name
        "user_pass": line.password,
        "user_host": line.domain,
        "user_outbound": f"{line.proxy};transport={line.transport}" if line.proxy else "",
        "user_expiry": line.expires,
    }
    phone = {
        "challenge_checksync": "off",
        "settings_refresh_timer": 3600,  # seconds, counted from the start of each phone
        "setting_server": address + "{mac}.xml",  # the phone fills in its own MAC address
    }
    # R: only a configuration file may change it. RW: so may the person at the phone, until the next
    # file.
    rows = [
        f'    <{name} idx="1" perm="R">{_text(value)}</{name}>\n'
        for name, value in identity.items()
    ]
    rows += [f'    <{name} perm="RW">{_text(value)}</{name}>\n' for name, value in phone.items()]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<settings>\n  <phone-settings e="2">\n'
        f"{''.join(rows)}  </phone-settings>\n</settings>\n"
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
        _("Choose Advanced › Update and enter as Setting URL: {address}"),
        _("Press Apply, then Save, then Reboot."),
    ),
)
