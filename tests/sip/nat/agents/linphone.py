"""Linphone 5 without a screen (Debian: linphone-cli).

Through a TLS front it can call, but not be called: it looks at the registrar's Via, which says TCP,
instead of answering over the connection that the request came by (RFC 3261 §18.2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .agent import Agent

# Those that it would offer by itself; only PCMU stays.
CODECS = (
    ("PCMU", 8000, 1),
    ("opus", 48000, 2),
    ("speex", 16000, 1),
    ("speex", 8000, 1),
    ("PCMA", 8000, 1),
    ("G729", 8000, 1),
)
SETTINGS = """[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
default_proxy=0
root_ca={authority}
verify_server_certs=1
verify_server_cn=1
[rtp]
audio_rtp_port=-1
[proxy_0]
reg_proxy=<sip:{host}:{port};transport={transport}>
reg_route=<sip:{host}:{port};transport={transport};lr>
reg_identity="{name}" <sip:{username}@{domain}>
reg_expires={expires}
reg_sendregister=1
publish=0
[auth_info_0]
username={username}
userid={username}
passwd={password}
realm={domain}
"""


class Linphone(Agent):
    program, package = "linphonec", "linphone-cli"

    def configure(self) -> Sequence[str]:
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        codecs = "".join(
            f"[audio_codec_{number}]\nmime={name}\nrate={rate}\nchannels={channels}\n"
            f"enabled={int(name == 'PCMU')}\n"
            for number, (name, rate, channels) in enumerate(CODECS)
        )
        settings = self.folder / "settings"
        settings.write_text(SETTINGS.format(**self.line, authority=self.authority) + codecs)
        return ["linphonec", "-a", "-S", "-c", str(settings)]

    def __enter__(self) -> Linphone:
        super().__enter__()
        for command in ("soundcard use files", f"play {self.tone}"):
            self.tell(command)
        self.tell(f"record {self.folder}/heard.wav")
        return self

    def find_recording(self) -> Path | None:
        recording = self.folder / "heard.wav"
        return recording if recording.exists() else None

    def call(self, ext: str) -> None:
        self.tell(f"call {self.uri(ext)}")

    def hang_up(self) -> None:
        self.tell("terminate")

    def hold(self) -> None:
        self.tell("pause")

    def resume(self) -> None:
        self.tell("resume")

    def transfer(self, ext: str) -> None:
        self.tell(f"transfer {self.uri(ext)}")

    def connect(self, one: int, other: int) -> None:
        """Connect the other ends of two of its calls, which it counts from 1 (RFC 5589 §7)."""
        self.tell(f"transfer {one} --to-call {other}")
