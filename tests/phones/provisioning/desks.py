"""Desks of every kind, for tests of what makes write."""

from __future__ import annotations

import zoneinfo

from hypothesis import strategies as st

from phones.provisioning.clock import read_clock
from phones.provisioning.make import Desk, Line

MAC = "805ec0a1b2c3"
OTHER_MAC = "805ec0a1b2c4"
ADDRESS = "https://phones.example.com:8443/p/0123456789abcdef0123456789abcdef/"
LINE = Line(
    username="u0123456789abcdef",
    password="aB3_-xYz0123456789aBcDeF",
    domain="sip.example.com",
    host="registrar.example.com",
    port=5061,
    transport="tls",
    ext="007",
    name="Ada Lovelace",
    caller_id="+14155550100",
    expires=300,
)
STANDBY = Line(
    username="s0123456789abcdef",
    password="aB3_-xYz0123456789aBcDeF",
    domain="sip.example.com",
    host="registrar.example.com",
    port=5061,
    transport="tls",
    ext="",
    name="",
    caller_id="",
    expires=300,
    kind="standby",
)
DESK = Desk(
    line=LINE,
    address=ADDRESS,
    admin_password="k7f2m9q4t8w3",
    clock=read_clock("America/New_York"),
    ntp_servers=("0.pool.ntp.org", "1.pool.ntp.org"),
    country="US",
    language="en",
    ext_length=3,
    outside_prefix="9",
    reaches_emergency=True,
    check_certificates=True,
)
# Every zone of the two countries and their territories, and some with other rules.
ZONES = sorted(
    zone
    for zone in zoneinfo.available_timezones()
    if zone.startswith(("America/", "Pacific/", "US/", "Canada/", "Atlantic/", "Europe/"))
    and zone not in ("America/Godthab", "America/Nuuk", "America/Scoresbysund")
)
clocks = st.sampled_from(ZONES).map(read_clock)
people = st.builds(
    Line,
    username=st.from_regex(r"u[0-9a-f]{16}", fullmatch=True),
    password=st.from_regex(r"[0-9A-Za-z_-]{24}", fullmatch=True),
    domain=st.just("sip.example.com"),
    host=st.sampled_from(["registrar.example.com", "192.0.2.10"]),
    port=st.integers(1, 65535),
    transport=st.sampled_from(["udp", "tcp", "tls"]),
    ext=st.from_regex(r"[0-9]{1,10}", fullmatch=True),
    name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60),
    caller_id=st.sampled_from(["", "+14155550100"]),
    expires=st.integers(60, 3600),
    kind=st.sampled_from(["person", "place"]),
)
lines = st.one_of(people, st.just(STANDBY))
desks = st.builds(
    Desk,
    line=lines,
    address=st.sampled_from([ADDRESS, "http://127.0.0.1:8000/p/0123456789/"]),
    admin_password=st.from_regex(r"[a-z0-9]{12,16}", fullmatch=True),
    clock=clocks,
    ntp_servers=st.sampled_from([("0.pool.ntp.org",), ("ntp.example.com", "192.0.2.123")]),
    country=st.sampled_from(["US", "CA"]),
    language=st.sampled_from(["en", "es", "fr"]),
    ext_length=st.integers(2, 10),
    outside_prefix=st.sampled_from(["", *"0123456789"]),
    reaches_emergency=st.booleans(),
    check_certificates=st.booleans(),
)
