"""Poly (Polycom) desk phones with UC Software: VVX, and Edge E which reads the same files.

Parameters as in Poly's "Polycom UC Software Administrator Guide" (5.8.1: Registration Parameters,
Provisional Polling of Polycom Phones, Device Parameters). The phone fetches a master file MAC.cfg
and then the files that this one names. It forgets settings that the files no longer hold, except
`device.` parameters, which it keeps in flash memory.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from django.utils.translation import gettext_lazy as _

from phones.provisioning.make import OFF, Line, Make, fit_on_one_line

TRANSPORTS = {"udp": "UDPOnly", "tcp": "TCPOnly", "tls": "TLS"}

# The phone fills in its own MAC address. Empty attributes keep it from looking for firmware and
# from sending us logs.
MASTER = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<APPLICATION APP_FILE_PATH="" CONFIG_FILES="[PHONE_MAC_ADDRESS]-line.cfg" MISC_FILES=""
 LOG_FILE_DIRECTORY="" OVERRIDES_DIRECTORY="" CONTACTS_DIRECTORY=""/>
"""


def render_configuration(line: Line | None, address: str) -> str:
    """Return MAC-line.cfg, which the master file names; without an address, a line is off."""
    on, line = line is not None, line or OFF
    settings = {
        "reg.1.address": line.username,
        "reg.1.auth.userId": line.username,
        "reg.1.auth.password": line.password,
        "reg.1.displayName": line.name,
        "reg.1.label": line.label,
        "reg.1.server.1.address": line.domain,
        "reg.1.server.1.port": line.port or "",
        "reg.1.server.1.transport": TRANSPORTS[line.transport],
        "reg.1.server.1.expires": line.expires,
        "reg.1.server.1.register": int(on),
        "reg.1.outboundProxy.address": line.host,
        "reg.1.outboundProxy.port": line.port or "",
        "reg.1.outboundProxy.transport": TRANSPORTS[line.transport],
        "voIpProt.SIP.specialEvent.checkSync.alwaysReboot": 1,
        "prov.polling.enabled": 1,
        # The first time after a random part of the period, then every 3,601 seconds; it must be
        # more than an hour.
        "prov.polling.mode": "random",
        "prov.polling.period": 3601,
        "device.set": 1,
        "device.prov.serverName.set": 1,
        "device.prov.serverName": address,
        "device.prov.serverType.set": 1,
        "device.prov.serverType": address.partition("://")[0].upper(),
        # Otherwise an address from the network's DHCP overrides this one.
        "device.dhcp.bootSrvUseOpt.set": 1,
        "device.dhcp.bootSrvUseOpt": "Static",
    }
    rows = (
        f"  {parameter}={quoteattr(fit_on_one_line(value))}\n"
        for parameter, value in settings.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<PHONE_CONFIG>\n<ALL\n{''.join(rows)}/>\n</PHONE_CONFIG>\n"
    )


make = Make(
    key="poly",
    name="Poly",
    file=r"{mac}-line\.cfg",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    restart_event="check-sync",
    steps=(
        _(
            "On the phone, press Home and choose Settings › Advanced. The password is 456 unless "
            "somebody changed it."
        ),
        _(
            "Choose Administration Settings › Network Configuration › Provisioning Server › DHCP "
            "Menu"
            " and set Boot Server to Static."
        ),
        _(
            "Go back to Provisioning Server, set Server Type to {scheme} and enter as Server "
            "Address: {address}"
        ),
        _("Clear Server User and Server Password."),
        _("Go back until the phone asks, and choose Save Config. The phone restarts."),
    ),
    other_files={r"{mac}\.cfg": MASTER},
)
