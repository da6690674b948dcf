"""Cisco desk phones for any SIP server: SPA3xx, SPA5xx, and Multiplatform 6800, 7800, 8800.

Parameters and syntax as in Cisco's "Cisco IP Phone 7800 Series Multiplatform Phones Administration
Guide" and its like (parameters/cisco.csv). Both families read one flat profile and skip unknown
elements. An empty-element tag (<A/>) leaves a parameter as it is; only <A></A> empties it. In user
mode, the phone's own menus hide what is ua="na".
"""

from __future__ import annotations

from functools import cache
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning import dialing
from phones.provisioning.clock import Clock, Turn
from phones.provisioning.make import OFF, Desk, Make, fit_on_one_line
from phones.provisioning.words import label_line, label_with_warning

# $MA is the phone's MAC address in profile rules, but not in parameters that hold a person's name.
RULE = "$MA.xml"

ALWAYS = {
    # With Yes, the phone would challenge the registrar's NOTIFY.
    "Auth_Resync-Reboot_1_": "No",
    "Provision_Enable": "Yes",
    "Resync_On_Reset": "Yes",
    "Resync_From_SIP": "Yes",
    "Resync_Periodic": "3600+600",  # seconds, and up to as many more at random
    # Others who could configure the phone: further rules, DHCP, and TR-069.
    "Profile_Rule_B": "",
    "Profile_Rule_C": "",
    "Profile_Rule_D": "",
    "DHCP_Option_To_Use": "",
    "DHCPv6_Option_To_Use": "",
    "Enable_TR-069": "No",
    "Phone-UI-User-Mode": "Yes",
    "Phone-UI-user-mode": "Yes",  # as SPA phones spell it
    # Routers between the phone and us: off in the factory.
    "Handle_VIA_received": "Yes",
    "Handle_VIA_rport": "Yes",
    "Insert_VIA_received": "Yes",
    "Insert_VIA_rport": "Yes",
    "Send_Resp_To_Src_Port": "Yes",
    "NAT_Keep_Alive_Enable_1_": "Yes",
    "NAT_Keep_Alive_Intvl": 25,  # seconds
    "Interdigit_Short_Timer": dialing.PAUSE,  # for what is complete and could go on
    "Interdigit_Long_Timer": 10,
    "Ignore_DHCP_Time_Offset": "Yes",
    "Time_Offset__HH_mm_": "",
    # The only other order is day/month; there is none with the year.
    "Date_Format": "month/day",
}


def render_configuration(desk: Desk) -> str:
    """Return the profile that a phone fetches as MAC.xml."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<flat-profile>\n'
        f"{_write(_line(desk))}{_account(desk)}</flat-profile>\n"
    )


def _line(desk: Desk) -> dict[str, object]:
    on, line = "No" if desk.line is None else "Yes", desk.line or OFF
    label = label_with_warning(desk)
    return {
        "Line_Enable_1_": on,
        "Register_1_": on,
        "Proxy_1_": line.domain,
        "Use_Outbound_Proxy_1_": on,
        "Outbound_Proxy_1_": line.proxy,
        "SIP_Transport_1_": line.transport.upper(),
        "Register_Expires_1_": line.expires,
        "Display_Name_1_": line.name,
        "User_ID_1_": line.username,
        "Use_Auth_ID_1_": on,
        "Auth_ID_1_": line.username,
        "Password_1_": line.password,
        # Line keys are narrow, so the number that calls go out with is at the top of the display:
        # Station_Name on SPA phones, Station_Display_Name on MPP.
        "Short_Name_1_": line.ext or label_line(desk),
        "Station_Name": label,
        "Station_Display_Name": label,
        # With Yes, the phone would take no request over UDP from others than its proxy, such as
        # one to fetch another profile. No document says whether an outbound proxy counts as that,
        # and if it didn't, the phone would never ring. Over TCP and TLS it takes none but ours.
        "Block_Nonproxy_SIP": "No",
        "Profile_Rule": desk.address.replace("$", "$$") + RULE,
        "Admin_Password": desk.admin_password,
        "Admin_Passwd": desk.admin_password,  # as SPA phones spell it
        "User_Password": desk.user_password,
    }


def _account(desk: Desk) -> str:
    return _write_account(
        desk.ext_length, desk.outside_prefix, desk.clock, desk.ntp_servers, desk.has_24_hours
    )


@cache
def _write_account(
    ext_length: int,
    outside_prefix: str,
    clock: Clock,
    ntp_servers: tuple[str, ...],
    has_24_hours: bool,
) -> str:
    """Return the elements that all phones of an account share."""
    first, second, *_others = *ntp_servers, "", ""
    settings = ALWAYS | {
        "Dial_Plan_1_": _write_dial_plan(ext_length, outside_prefix),
        # It would keep people from hanging up, and from calling 933 as a test.
        "Emergency_Number_1_": "",
        "Primary_NTP_Server": first,
        "Secondary_NTP_Server": second,
        "Time_Zone": _write_offset(clock.offset),
        "Daylight_Saving_Time_Enable": "Yes" if clock.saved else "No",
        "Daylight_Saving_Time_Rule": _write_rule(clock),
        "Time_Format": "24hr" if has_24_hours else "12hr",
    }
    return _write(settings)


def _write_dial_plan(ext_length: int, outside_prefix: str) -> str:
    """Return a dial plan: what fits a sequence that ends in S0 is sent at once."""
    patterns = dialing.list_immediate_patterns(ext_length, outside_prefix)
    immediate = map(dialing.write_pattern, patterns)
    emergency = dialing.list_emergency_numbers(outside_prefix)
    sequences = [*(f"{one}S0" for one in (*emergency, *immediate)), "xx.", "*[0-9*]."]
    return f"({'|'.join(sequences)})"


def _write_offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _write_rule(clock: Clock) -> str:
    if clock.starts is None or clock.ends is None:
        return ""
    saved = "1" if clock.saved == 60 else f"0:{clock.saved}:0"
    return f"start={_turn(clock.starts)};end={_turn(clock.ends)};save={saved}"


def _turn(turn: Turn) -> str:
    """Return month/day/weekday/time: the weekday on or after the day, or with -1 the last."""
    day = -1 if turn.week == 5 else (turn.week - 1) * 7 + 1
    return f"{turn.month}/{day}/{turn.weekday or 7}/{turn.hour}:0:0"  # 7 is Sunday


def _write(settings: dict[str, object]) -> str:
    return "".join(
        f'  <{name} ua="na">{escape(fit_on_one_line(value))}</{name}>\n'
        for name, value in settings.items()
    )


make = Make(
    key="cisco",
    name="Cisco",
    file=r"{mac}\.xml",
    render_configuration=render_configuration,
    content_type="text/xml; charset=utf-8",
    # The phone fetches its profile, and restarts if that changed something.
    restart_event="check-sync",
    steps=(
        _(
            "Find the phone’s IP address: press Settings (Setup on SPA phones)"
            " and look under Status › Network Status, or Network."
        ),
        _(
            "On a computer in the same network, open that address in a browser, followed by "
            "/admin/advanced"
        ),
        _("If it asks for a password, reset the phone to factory settings first."),
        _("Choose Voice › Provisioning and enter as Profile Rule: {address}"),
        _("Press Submit All Changes. The phone restarts."),
    ),
    address="{url}" + RULE,
    models=(
        "Cisco SPA501G",
        "Cisco SPA502G",
        "Cisco SPA504G",
        "Cisco SPA508G",
        "Cisco SPA509G",
        "Cisco SPA512G",
        "Cisco SPA514G",
        "Cisco SPA525G2",
        "Cisco CP-6821-3PCC",
        "Cisco CP-6841-3PCC",
        "Cisco CP-6851-3PCC",
        "Cisco CP-6861-3PCC",
        "Cisco CP-6871-3PCC",
        "Cisco CP-7811-3PCC",
        "Cisco CP-7821-3PCC",
        "Cisco CP-7841-3PCC",
        "Cisco CP-7861-3PCC",
        "Cisco CP-8811-3PCC",
        "Cisco CP-8841-3PCC",
        "Cisco CP-8845-3PCC",
        "Cisco CP-8851-3PCC",
        "Cisco CP-8861-3PCC",
        "Cisco CP-8865-3PCC",
    ),
    # Part numbers end in -K9 with enterprise firmware, in -3PCC-K9 with Multiplatform firmware.
    refused={
        r"^(?!.*3PCC).*-K9\b|\bCP-79|\b79[0-9]{2}\b": _(
            "This model has enterprise firmware, which needs Cisco’s own call manager. Phones with "
            "Multiplatform firmware (3PCC) can be provisioned."
        )
    },
    # "Cisco-CP-8851-3PCC/11.3.7 (00562b043615)", "Cisco/SPA504G-7.4.4 (8843E157DDCC)(…)".
    agent=r"(?:Cisco|Linksys)[-/](?:CP-\w+-3PCC|SPA)",
    # Of those that IEEE lists for Cisco, more than a thousand and mostly for other devices: the
    # ones that public provisioning servers know from phones.
    prefixes=(
        "0002fd",
        "000e08",
        "001873",
        "0021a0",
        "002155",
        "002699",
        "00562b",
        "00da55",
        "00e16d",
        "10bd18",
        "30e4db",
        "503de5",
        "68efbd",
        "70b317",
        "8843e1",
        "a44c11",
        "d0ec35",
    ),
)
