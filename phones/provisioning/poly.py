"""Poly (Polycom) desk phones with UC Software: VVX, and Edge E which reads the same files.

Parameters as in Poly's "Polycom UC Software Administrator Guide" (parameters/poly.csv). The phone
fetches a master file MAC.cfg and then the files that this one names. It forgets settings that the
files no longer hold, except `device.` parameters, which it keeps in flash memory.
"""

from __future__ import annotations

from functools import cache
from xml.sax.saxutils import quoteattr

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock, Turn
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_with_warning

TRANSPORTS = {"udp": "UDPOnly", "tcp": "TCPOnly", "tls": "TLS"}
LANGUAGES = {"en": "English_United_States", "es": "Spanish_Spain", "fr": "French_France"}

# The phone fills in its own MAC address. Empty attributes keep it from looking for firmware and
# from sending us logs.
MASTER = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<APPLICATION APP_FILE_PATH="" CONFIG_FILES="[PHONE_MAC_ADDRESS]-line.cfg" MISC_FILES=""
 LOG_FILE_DIRECTORY="" OVERRIDES_DIRECTORY="" CONTACTS_DIRECTORY=""/>
"""

ALWAYS = {
    "voIpProt.SIP.specialEvent.checkSync.alwaysReboot": 1,
    "prov.polling.enabled": 1,
    # The first time after a random part of the period, then every 3,601 seconds; it must be
    # more than an hour.
    "prov.polling.mode": "random",
    "prov.polling.period": 3601,
    "nat.keepalive.interval": 25,  # seconds
    # Poly's clouds could configure the phone. Its own start service (ZTP) is among the devices.
    "feature.lens.enabled": 0,
    "feature.obitalk.enabled": 0,
    "feature.pcc.enabled": 0,
    # Send what fits the digit map first, even if more could follow: an emergency number at once.
    "dialplan.conflictMatchHandling": 0,
    # Keys that fit nothing wait for the send key. The factory setting sends them at once: with the
    # factory's map, 101 as 10.
    "dialplan.impossibleMatchHandling": 2,
    "dialplan.removeEndOfDial": 1,  # "#" at the end only means: send
    "tcpIpApp.sntp.address.overrideDHCP": 1,
    "tcpIpApp.sntp.gmtOffset.overrideDHCP": 1,
    "tcpIpApp.sntp.daylightSavings.fixedDayEnable": 0,
    "sec.srtp.enable": 1,
    "sec.srtp.require": 0,
    "device.set": 1,
}


def render_configuration(desk: Desk) -> str:
    """Return MAC-line.cfg, which the master file names."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<PHONE_CONFIG>\n<ALL\n'
        f"{_write(_registration(desk))}{_write(_device(desk))}{_account(desk)}"
        "/>\n</PHONE_CONFIG>\n"
    )


def _registration(desk: Desk) -> dict[str, object]:
    on, line = desk.line is not None, desk.line or OFF
    return {
        "reg.1.address": line.username,
        "reg.1.auth.userId": line.username,
        "reg.1.auth.password": line.password,
        "reg.1.displayName": line.name,
        "reg.1.label": label_with_warning(desk),
        "reg.1.server.1.address": line.domain,
        "reg.1.server.1.port": line.port or "",
        "reg.1.server.1.transport": TRANSPORTS[line.transport],
        "reg.1.server.1.expires": line.expires,
        "reg.1.server.1.register": int(on),
        "reg.1.outboundProxy.address": line.host,
        "reg.1.outboundProxy.port": line.port or "",
        "reg.1.outboundProxy.transport": TRANSPORTS[line.transport],
        # Offered beside RTP; without TLS, the keys would travel in the clear.
        "sec.srtp.offer": int(line.transport == "tls"),
    }


def _device(desk: Desk) -> dict[str, object]:
    """Return what the phone keeps in flash memory; each needs its own switch as well."""
    settings = {
        "prov.serverName": desk.address,
        "prov.serverType": desk.address.partition("://")[0].upper(),
        "prov.ztpEnabled": 0,
        # Otherwise an address from the network's DHCP overrides this one.
        "dhcp.bootSrvUseOpt": "Static",
        "auth.localAdminPassword": desk.admin_password,
        "auth.localUserPassword": desk.user_password,
        "sec.TLS.prov.strictCertCommonNameValidation": int(desk.check_certificates),
    }
    return {
        f"device.{name}{suffix}": 1 if suffix else value
        for name, value in settings.items()
        for suffix in (".set", "")
    }


def _account(desk: Desk) -> str:
    return _write_account(
        desk.ext_length,
        desk.outside_prefix,
        desk.clock,
        desk.ntp_servers,
        desk.language,
        desk.has_24_hours,
        desk.has_year_first,
    )


@cache
def _write_account(
    ext_length: int,
    outside_prefix: str,
    clock: Clock,
    ntp_servers: tuple[str, ...],
    language: str,
    has_24_hours: bool,
    has_year_first: bool,
) -> str:
    """Return the rows that all phones of an account share."""
    segments = _list_segments(ext_length, outside_prefix)
    settings = ALWAYS | {
        "dialplan.digitmap": "|".join(segments),
        "dialplan.digitmap.timeOut": "|".join([str(dialing.PAUSE)] * len(segments)),
        "tcpIpApp.sntp.address": ntp_servers[0] if ntp_servers else "",
        "tcpIpApp.sntp.gmtOffset": clock.offset * 60,  # seconds
        "tcpIpApp.sntp.daylightSavings.enable": int(clock.saved != 0),
        **_turn("start", clock.starts),
        **_turn("stop", clock.ends),
        "lcl.ml.lang": LANGUAGES[language],
        "lcl.datetime.time.24HourClock": int(has_24_hours),
        # Otherwise the weekday, the month and the day: Thu, Jul 3.
        "lcl.datetime.date.format": "YYYY/MM/DD" if has_year_first else "D,Md",
        "lcl.datetime.date.longFormat": 0,
    }
    return _write(settings)


def _list_segments(ext_length: int, outside_prefix: str) -> list[str]:
    """Return the alternatives of the digit map; what fits one without T is sent at once."""
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    immediate = map(dialing.write_pattern, patterns)
    emergency = dialing.list_emergency_numbers(outside_prefix)
    return [*emergency, *immediate, "xx.T", "*[x*].T"]


def _turn(name: str, turn: Turn | None) -> dict[str, object]:
    """Return one change of clocks; without any, the phone ignores what stands here."""
    turn = turn or Turn(month=1, week=1, weekday=0, minute=0)
    begins = f"tcpIpApp.sntp.daylightSavings.{name}"
    return {
        f"{begins}.month": turn.month,
        f"{begins}.dayOfWeek": turn.weekday + 1,  # 1 is Sunday
        # The weekday on or after this date, or the last one of the month.
        f"{begins}.date": (turn.week - 1) * 7 + 1 if turn.week < 5 else 1,
        f"{begins}.dayOfWeek.lastInMonth": int(turn.week == 5),
        f"{begins}.time": turn.hour,
    }


def _write(settings: dict[str, object]) -> str:
    return "".join(
        f"  {parameter}={quoteattr(fit_on_one_line(value))}\n"
        for parameter, value in settings.items()
    )


OTHER_FIRMWARE = _("This model runs other firmware than VVX and Edge E, and can’t read our files.")

make = Make(
    key="poly",
    name="Poly",
    file=r"{mac}-line\.cfg",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    restart_event="check-sync",
    steps=(
        _(
            "On the phone, press Home and choose Settings › Advanced. The password is 456 until "
            "the phone is provisioned."
        ),
        _("If it has another password, reset the phone to factory settings first."),
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
    models=(
        "Poly VVX 101",
        "Poly VVX 150",
        "Poly VVX 201",
        "Poly VVX 250",
        "Poly VVX 301",
        "Poly VVX 311",
        "Poly VVX 350",
        "Poly VVX 401",
        "Poly VVX 411",
        "Poly VVX 450",
        "Poly VVX 501",
        "Poly VVX 601",
        "Poly Edge E100",
        "Poly Edge E220",
        "Poly Edge E300",
        "Poly Edge E320",
        "Poly Edge E350",
        "Poly Edge E400",
        "Poly Edge E450",
        "Poly Edge E500",
        "Poly Edge E550",
    ),
    # Edge B, the DECT base Rove and VVX D230, and VVX in their OBi edition.
    refused={r"\bEdge[ -]?B|\bOBi|\bRove\b|\bD230\b": OTHER_FIRMWARE},
    # "FileTransport PolycomVVX-VVX_450-UA/6.4.3.5018 Type/Application" over HTTP, over SIP without
    # the first word and the type. Edge phones begin with PolyEdge.
    agent=r"(?:FileTransport )?Poly",
    prefixes=("0004f2", "482567", "64167f"),
)
