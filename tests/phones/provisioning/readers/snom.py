"""Read the configuration of a Snom phone.

service.snom.com, "Desk Phone Configuration Files" and "Permission Flags":
<settings><phone-settings>; idx is the identity; with perm "!" a value that was changed at the phone
would stay; {mac} is the phone's own.
"""

from __future__ import annotations

from xml.etree import ElementTree

from .parts import Line, Settings, read_host_and_port, read_label, require, require_blank


def read_settings(text: str) -> Settings:
    """Return every setting of a file; those of identity 1 by their name and "1"."""
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "settings", "no settings")
    found = root.findall("phone-settings/*")
    require(
        all(element.get("perm") in ("R", "RW") for element in found),
        "a setting that may stay as it was",
    )
    require(all(element.get("idx") in (None, "1") for element in found), "another identity than 1")
    names = [element.tag + (element.get("idx") or "") for element in found]
    require(len(names) == len(set(names)), "a setting is there twice")
    return dict(zip(names, (element.text or "" for element in found), strict=True))


def read_address(text: str) -> str:
    """Return the folder of the setting server's address, which must name the phone's own file."""
    folder, _separator, file = read_settings(text)["setting_server"].rpartition("/")
    require(file == "{mac}.xml" and "{" not in folder, f"it asks {folder!r} for {file!r}")
    return folder + "/"


def read_line(text: str) -> Line | None:
    """Return identity 1."""
    settings = read_settings(text)
    require(settings["challenge_checksync"] == "off", "it challenges check-sync")
    if settings["user_active1"] == "off":
        require_blank(
            settings, "user_realname1", "user_idle_text1", "user_name1", "user_pname1", "user_pass1"
        )
        require_blank(settings, "user_host1", "user_outbound1")
        return None
    require(settings["user_active1"] == "on", "neither on nor off")
    require(settings["user_name1"] == settings["user_pname1"], "two user names")
    proxy, transport = settings["user_outbound1"].split(";transport=")
    require(transport in ("udp", "tcp", "tls"), f"{transport!r} is no transport")
    return {
        "username": settings["user_name1"],
        "password": settings["user_pass1"],
        "domain": settings["user_host1"],
        "transport": transport,
        "name": settings["user_realname1"],
        "expires": int(settings["user_expiry1"]),
        "address": read_address(text),
        **read_host_and_port(proxy),
        **read_label(settings["user_idle_text1"]),
    }
