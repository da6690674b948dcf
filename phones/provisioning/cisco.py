"""Cisco desk phones for any SIP server: SPA3xx, SPA5xx, and Multiplatform 6800, 7800, 8800.

Parameters and syntax as in Cisco's "Cisco IP Phone 8800 Series Multiplatform Phones Administration
Guide" and "Cisco Small Business IP Telephony Devices Provisioning Guide". Both families read one
flat profile and skip unknown elements. An empty-element tag (<A/>) leaves a parameter as
it is; only <A></A> empties it.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

from phones.provisioning.make import OFF, Line, Make, fit_on_one_line

# $MA is the phone's MAC address in profile rules, but not in parameters that hold a person's name.
RULE = "$MA.xml"


def render_configuration(line: Line | None, address: str) -> str:
    """Return the profile that a phone fetches as MAC.xml."""
    on, line = "No" if line is None else "Yes", line or OFF
    settings = {
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
        "Short_Name_1_": line.ext,
        "Station_Name": line.label,
        "Station_Display_Name": line.label,
        # With Yes, the phone would challenge the registrar's NOTIFY.
        "Auth_Resync-Reboot_1_": "No",
        "Provision_Enable": "Yes",
        "Resync_On_Reset": "Yes",
        "Resync_From_SIP": "Yes",
        "Resync_Periodic": "3600+600",  # seconds, and up to as many more at random
        "Profile_Rule": address.replace("$", "$$") + RULE,
    }
    rows = (
        f'  <{name} ua="na">{escape(fit_on_one_line(value))}</{name}>\n'
        for name, value in settings.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<flat-profile>\n{"".join(rows)}</flat-profile>\n'
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
        _("Choose Voice › Provisioning and enter as Profile Rule: {address}"),
        _("Press Submit All Changes. The phone restarts."),
    ),
    address="{url}" + RULE,
)
