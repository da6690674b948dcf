"""Grandstream desk phones: GXP and GRP.

P-values as in the comments of Grandstream's configuration templates (GXP17xx 1.0.1.133); syntax and
file names as in its "SIP Device Provisioning Guide". The phone asks for cfgMAC, which we don't
serve, and then for cfgMAC.xml.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning.make import OFF, Line, Make, fit_on_one_line

TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
SCHEMES = {"http": 1, "https": 2}


def render_configuration(line: Line | None, address: str) -> str:
    """Return cfgMAC.xml. Raises KeyError for an address that is neither http: nor https:."""
    on, line = int(line is not None), line or OFF
    scheme, _separator, path = address.partition("://")
    settings = {
        "P271": on,  # account 1 active
        "P31": on,  # it registers
        "P270": line.label,  # account name, shown next to the line
        "P3": line.name,
        "P35": line.username,
        "P36": line.username,  # authenticate ID
        "P34": line.password,
        "P47": line.domain,  # SIP server
        "P48": line.proxy,  # outbound proxy
        "P130": TRANSPORTS[line.transport],
        "P2329": 0,  # "sip:" even with TLS, which ends in front of the registrar
        "P32": max(1, line.expires // 60),  # register expiration, in minutes
        "P4428": 1,  # do not challenge NOTIFY
        "P212": SCHEMES[scheme],  # fetch by
        "P237": path.rstrip("/"),  # from
        "P145": 0,  # ignore the server that DHCP names
        "P194": 1,  # fetch every
        "P193": 60,  # minutes
        "P8458": 1,  # at a random time within them
    }
    rows = (
        f"    <{number}>{escape(fit_on_one_line(value))}</{number}>\n"
        for number, value in settings.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gs_provision version="1">\n'
        '  <config version="1">\n'
        f"{''.join(rows)}  </config>\n</gs_provision>\n"
    )


make = Make(
    key="grandstream",
    name="Grandstream",
    file=r"cfg{mac}\.xml",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    restart_event="check-sync;reboot=true",
    steps=(
        _(
            "Find the phone’s IP address: press the Menu key and look under Status › Network "
            "Status."
        ),
        _(
            "On a computer in the same network, open that address in a browser and sign in as "
            "admin."
        ),
        _(
            "Choose Maintenance › Upgrade and Provisioning. Set Config Upgrade Via, or Upgrade "
            "Via, to {scheme}."
        ),
        _("Enter as Config Server Path: {address}"),
        _("Press Save and Apply, then Reboot."),
    ),
    address="{bare}",  # older firmware takes no scheme here
)
