"""Grandstream desk phones: GXP and GRP.

P-values as in the comments of Grandstream's configuration templates (GXP17xx 1.0.1.133, GRP26xx
1.0.3.6: parameters/grandstream.csv); syntax and file names as in its "SIP Device Provisioning
Guide". The phone asks for cfgMAC, which we don't serve, and then for cfgMAC.xml.
"""

from __future__ import annotations

from functools import cache
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock, Turn
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_with_warning

TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 2}
SCHEMES = {"http": 1, "https": 2}


def render_configuration(desk: Desk) -> str:
    """Return cfgMAC.xml. Raises KeyError for an address that is neither http: nor https:."""
    rows = (
        f"    <{number}>{escape(fit_on_one_line(value))}</{number}>\n"
        for number, value in (_account(desk) | _fetching(desk) | _place(desk)).items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gs_provision version="1">\n'
        '  <config version="1">\n'
        f"{''.join(rows)}  </config>\n</gs_provision>\n"
    )


def _account(desk: Desk) -> dict[str, object]:
    on, line = int(desk.line is not None), desk.line or OFF
    return {
        "P271": on,  # account 1 active
        "P31": on,  # it registers
        "P270": label_with_warning(desk),  # account name, shown next to the line
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
        "P52": 2,  # NAT: keep alive
        "P84": 20,  # every so many seconds
        # SRTP enabled but not forced; without TLS, the keys would travel in the clear.
        "P183": int(line.transport == "tls"),
    }


def _fetching(desk: Desk) -> dict[str, object]:
    scheme, _separator, path = desk.address.partition("://")
    checked = int(desk.check_certificates)
    return {
        "P212": SCHEMES[scheme],  # fetch by
        "P237": path.rstrip("/"),  # from
        "P194": 1,  # fetch every
        "P193": 60,  # minutes
        "P8458": 1,  # at a random time within them
        # Others who could configure the phone: DHCP's servers, also by option 150 or 160, DHCP's
        # SIP server, multicast ("3CX Auto Provision"), and TR-069, whose server is the maker's own.
        "P145": 0,
        "P8337": 0,
        "P1411": 0,
        "P1414": 0,
        "P1409": 0,
        "P4506": 0,
        "P4503": "",
        "P8463": checked,  # validate server certificates
        "P22030": checked,  # and the host's name in them
        "P2": desk.admin_password,
        "P196": desk.user_password,
        "P1357": 2,  # the menu asks for the administrator's password ("constraint mode")
    }


def _place(desk: Desk) -> dict[str, object]:
    ntp = desk.ntp_servers
    return {
        "P1362": desk.language,
        "P30": ntp[0] if ntp else "",
        "P8333": ntp[1] if len(ntp) > 1 else "",
        "P144": 0,  # ignore DHCP's time servers
        "P143": 0,  # and its time zone
        "P64": "customize",  # the zone in P246
        "P246": _rules(desk.clock),
        "P102": 0 if desk.has_year_first else 1,  # yyyy-mm-dd, mm-dd-yyyy
        "P122": int(desk.has_24_hours),
        "P290": _dial_plan(desk.ext_length, desk.outside_prefix),
        "P85": dialing.PAUSE,
        "P8350": 0,  # what is typed before the handset is lifted waits for the send key
    }


@cache
def _rules(clock: Clock) -> str:
    """Return the zone as in the template's example, MTZ+6MDT+5,M4.1.0,M11.1.0."""
    if clock.starts is None or clock.ends is None:
        return f"MTZ{_west(clock.offset)}"
    summer = _west(clock.offset + clock.saved)
    return f"MTZ{_west(clock.offset)}MDT{summer},{_turn(clock.starts)},{_turn(clock.ends)}"


def _west(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes > 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _turn(turn: Turn) -> str:
    time = "" if turn.hour == 2 else f"/{turn.hour:02}:00:00"
    return f"M{turn.month}.{turn.week}.{turn.weekday}{time}"


# Every number that begins with none of 911, 933, 112, 9911: Grandstream doesn't say whether 911
# waits where a longer pattern could go on, so none can. T is a pause; so is the end of x+.
LONGER = (
    "xT|xxT|[02345678]xx+|9[0245678]x+|1[023456789]x+"
    "|91[023456789]T|91[023456789]x+|93[012456789]T|93[012456789]x+|99[023456789]T|99[023456789]x+"
    "|991T|991[023456789]T|991[023456789]x+|11[013456789]T|11[013456789]x+"
    "|*x+|**x+|*xx*x+|\\+x+"
)


@cache
def _dial_plan(ext_length: int, outside_prefix: str) -> str:
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    immediate = map(dialing.write_pattern, patterns)
    emergency = dialing.list_emergency_numbers(outside_prefix)
    return "{" + "|".join([*emergency, *immediate, LONGER]) + "}"


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
            "admin. Until the phone is provisioned, the password is on its sticker, or “admin” on "
            "older models."
        ),
        # Unverified: no public document was found that says how to reset.
        _("If it has another password, reset the phone first: Menu › System › Factory Reset."),
        _(
            "Choose Maintenance › Upgrade and Provisioning. Set Config Upgrade Via, or Upgrade "
            "Via, to {scheme}."
        ),
        _("Enter as Config Server Path: {address}"),
        _("Press Save and Apply, then Reboot."),
    ),
    address="{bare}",  # older firmware takes no scheme here
    models=(
        "Grandstream GRP2601",
        "Grandstream GRP2601W",
        "Grandstream GRP2602",
        "Grandstream GRP2602W",
        "Grandstream GRP2603",
        "Grandstream GRP2604",
        "Grandstream GRP2612",
        "Grandstream GRP2612W",
        "Grandstream GRP2613",
        "Grandstream GRP2614",
        "Grandstream GRP2615",
        "Grandstream GRP2616",
        "Grandstream GRP2624",
        "Grandstream GRP2634",
        "Grandstream GXP1610",
        "Grandstream GXP1620",
        "Grandstream GXP1625",
        "Grandstream GXP1630",
        "Grandstream GXP2130",
        "Grandstream GXP2135",
        "Grandstream GXP2140",
        "Grandstream GXP2160",
        "Grandstream GXP2170",
    ),
    # "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee" over HTTP,
    # "Grandstream GXP1400 1.0.4.13" over SIP.
    agent=r"grandstream\b",
    prefixes=("000b82", "c074ad", "ec74d7"),
)
