"""Fanvil desk phones: V and X series.

Parameters as in two public provisioning servers, because Fanvil's own list isn't public
(parameters/fanvil.csv); dial rules as in Fanvil's V62 and X56 manuals. Given a server and the file
name $mac.cfg, the phone asks for the file of its model (we serve none) and then for MAC.cfg. We
write <VOIP_CONFIG_FILE>, which X and V series read: V series no longer reads <sysConf>.
"""

from __future__ import annotations

from functools import cache
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_line, label_with_warning

TRANSPORTS = {"udp": 0, "tcp": 1, "tls": 3}
PROTOCOLS = {"http": 4, "https": 5}
LANGUAGES = {"en": 0, "fr": 4, "es": 10}
TONES = {"US": 11, "CA": 18}
RULES = 16  # dial rules that are set; the rest of them is blank
TITLE = 12  # characters at the top of the screen

Settings = dict[str, object]


def render_configuration(desk: Desk) -> str:
    """Return MAC.cfg. Raises KeyError for an address that is neither http: nor https:."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOIP_CONFIG_FILE>\n<version>2.0002</version>\n'
        + _module("GLOBAL", _elements(_time(desk)))
        + _module("SIP", _elements({"Notify_Reboot": 1}) + _entries("SIP_Line_List", [_line(desk)]))
        + _module("TELE", _elements(_dialing()))
        + _rules(desk.ext_length, desk.outside_prefix)
        + _module("MMI", _entries("MMI_Account", _accounts(desk)))
        + _module("PHONE", _elements(_screen(desk)))
        + _module("DSSKEY", _entries("Sidekey_Config1", [_key(desk)]))
        + _module("MM", _elements({"SelectYourTone": TONES[desk.country]}))
        + _module("TR069", _elements({"Enable_TR069": 0}))
        + _module("AUTOUPDATE", _elements(_fetching(desk)))
        + "</VOIP_CONFIG_FILE>\n"
    )


def _line(desk: Desk) -> Settings:
    on, line = int(desk.line is not None), desk.line or OFF
    return {
        "ID": "SIP1",
        "Phone_Number": line.username,
        "Display_Name": line.name,
        "Register_Addr": line.domain,
        "Register_Port": line.port or "",
        "Register_User": line.username,
        "Register_Pswd": line.password,
        "Register_TTL": line.expires,
        "Enable_Reg": on,
        "Proxy_Addr": line.host,
        "Proxy_Port": line.port or "",
        "Proxy_User": line.username,
        "Proxy_Pswd": line.password,
        "Transport": TRANSPORTS[line.transport],
        "NAT_UDPUpdate": 2,  # keep the router's port open
        "UDPUpdate_TTL": 30,  # every so many seconds
        "Enable_Rport": 1,
    }


def _time(desk: Desk) -> Settings:
    ntp = desk.ntp_servers
    return {
        "DHCP_Auto_Time": 0,
        "Enable_SNTP": 1,
        "SNTP_Server": ntp[0] if ntp else "",
        "Second_SNTP_Server": ntp[1] if len(ntp) > 1 else "",
        **_zone(desk.clock),
        "Default_UI": desk.language,  # of current models
        "Language": LANGUAGES[desk.language],  # of older ones
    }


@cache
def _zone(clock: Clock) -> Settings:
    hours, minutes = divmod(abs(clock.offset), 60)
    name = f"UTC{'-' if clock.offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")
    starts, ends = clock.starts, clock.ends
    return {
        "Time_Zone": clock.offset // 15,  # in quarters of an hour
        "Time_Zone_Name": name,
        "Enable_DST": 2 if starts else 0,  # by the rules below; 1 is by the phone's own list
        "DST_Fixed_Type": 2,  # by week
        "DST_Min_Offset": clock.saved,
        "DST_Start_Mon": starts.month if starts else "",
        "DST_Start_Week": starts.week if starts else "",  # 5 is the last
        "DST_Start_Wday": starts.weekday if starts else "",  # 0 is Sunday
        "DST_Start_Hour": starts.hour if starts else "",
        "DST_End_Mon": ends.month if ends else "",
        "DST_End_Week": ends.week if ends else "",
        "DST_End_Wday": ends.weekday if ends else "",
        "DST_End_Hour": ends.hour if ends else "",
    }


def _dialing() -> Settings:
    return {
        "Dial_by_Pound": 1,
        "Dial_Fixed_Length": 0,
        "Dial_by_Timeout": 1,
        "Dial_Timeout_value": dialing.PAUSE,
    }


@cache
def _rules(ext_length: int, outside_prefix: str) -> str:
    """Return rules for what goes at once; all that fits none of them goes after the timeout."""
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    numbers = [
        *dialing.list_emergency_numbers(outside_prefix),
        *map(dialing.write_pattern, patterns),
    ]
    numbers += [""] * (RULES - len(numbers))
    rules = [
        {"ID": f"Item{place}", "Number": number, "ApplyToCall": 0, "MatchToSend": 1, "Line": -1}
        for place, number in enumerate(numbers, 1)
    ]
    # With pre-dialing, what is typed before the handset is lifted waits for the send key.
    port = _entries("Port_Config", [{"ID": "P1", "Enable_PreDial": 1}])
    return _module("CALL_FEATURE", port + _entries("Dial_Plan_List", rules), suffix="_MODULE")


def _accounts(desk: Desk) -> list[Settings]:
    return [
        {"ID": "Account1", "Name": "admin", "Password": desk.admin_password, "Level": 10},
        {"ID": "Account2", "Name": "guest", "Password": desk.user_password, "Level": 5},
    ]


def _screen(desk: Desk) -> Settings:
    title = desk.line.ext if desk.line and desk.line.kind != "standby" else label_line(desk)
    return {
        "Menu_Password": desk.admin_password,
        "LCD_Title": title[:TITLE],
        "TimeDisplayStyle": int(not desk.has_24_hours),
        "DateDisplayStyle": 9 if desk.has_year_first else 10,  # YYYY MM DD, MM DD YYYY
        "DateSeparator": 1 if desk.has_year_first else 0,  # -, /
    }


def _key(desk: Desk) -> Settings:
    """Return the key of line 1, beside which the label stands."""
    return {"ID": "Fkey1", "Type": 2, "Value": "SIP1", "Title": label_with_warning(desk)}


def _fetching(desk: Desk) -> Settings:
    return {
        "Download_Protocol": PROTOCOLS[desk.address.partition("://")[0]],
        "Download_Server_IP": desk.address.rstrip("/"),
        "Config_File_Name": "$mac.cfg",  # the phone fills in its own MAC address
        "Download_Mode": 1,  # at each start; it can't also do so periodically
        "Download_CommonConf": 0,
        "Save_Provision_Info": 1,
        # Others who could configure the phone: DHCP, multicast, and the maker's redirection.
        "DHCP_Option": 0,
        "DHCP_Option_120": 0,
        "PNP_Enable": 0,
        "FDPS_Enable": 0,
        "Trust_Certification": int(desk.check_certificates),
    }


def _module(name: str, content: str, suffix: str = "_CONFIG_MODULE") -> str:
    return f"<{name}{suffix}>\n{content}</{name}{suffix}>\n"


def _elements(settings: Settings) -> str:
    return "".join(
        f"<{name}>{escape(fit_on_one_line(value))}</{name}>\n" for name, value in settings.items()
    )


def _entries(name: str, entries: list[Settings]) -> str:
    rows = (f"<{name}_Entry>\n{_elements(entry)}</{name}_Entry>\n" for entry in entries)
    return f"<{name}>\n{''.join(rows)}</{name}>\n"


make = Make(
    key="fanvil",
    name="Fanvil",
    file=r"{mac}\.cfg",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    restart_event="check-sync;reboot=true",
    polls=False,
    steps=(
        _("Find the phone’s IP address: press the Menu key and look under Status."),
        _(
            "On a computer in the same network, open that address in a browser and sign in as "
            "admin. The password is “admin” until the phone is provisioned; if it has another, "
            "reset the phone first, as its manual says."
        ),
        _("Choose System › Auto Provision › Static Provisioning Server."),
        _("Enter as Server Address: {address}"),
        _(
            "Enter as Configuration File Name: $mac.cfg. Set Protocol Type to {scheme} and Update "
            "Mode to Update After Reboot."
        ),
        _("Press Apply, then restart the phone: System › Reboot Phone."),
    ),
    models=(
        "Fanvil V62",
        "Fanvil V62 Pro",
        "Fanvil V63",
        "Fanvil V64",
        "Fanvil V65",
        "Fanvil V66",
        "Fanvil V67",
        "Fanvil X3U",
        "Fanvil X3U Pro",
        "Fanvil X4U",
        "Fanvil X4U-V2",
        "Fanvil X5U",
        "Fanvil X5U-V2",
        "Fanvil X6U",
        "Fanvil X7",
        "Fanvil X7A",
        "Fanvil X7C",
        "Fanvil X210",
    ),
    # "Fanvil V65 2.12.2.4 0c383e38e123"
    agent=r"fanvil\b",
    prefixes=("0c383e",),
)
