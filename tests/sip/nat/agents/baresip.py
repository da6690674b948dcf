"""baresip 1.0 (Debian: baresip-core).

It can't transfer with consultation, and its recording ends when a call is held, even between two of
its own in one network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .agent import Agent

MODULES = "/usr/lib/baresip/modules"


class Baresip(Agent):
    program, package = "baresip", "baresip-core"
    hears_after_hold = False

    def configure(self) -> Sequence[str]:
        line = self.line
        proxy = f"sip:{line['host']}:{line['port']};transport={line['transport']}"
        parameters = [
            f"auth_user={line['username']}",
            f"auth_pass={line['password']}",
            f'outbound="{proxy}"',
            f"regint={line['expires']}",
            "answermode=auto",
            "audio_codecs=PCMU/8000/1",
        ]
        address = f"<sip:{line['username']}@{line['domain']};transport={line['transport']}>"
        (self.folder / "accounts").write_text(";".join([address, *parameters]) + "\n")
        (self.folder / "contacts").write_text("")
        (self.folder / "config").write_text(
            f"net_interface eth\nsip_cafile {self.authority}\nmodule_path {MODULES}\n"
            "module stdio.so\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\n"
            "module_app account.so\nmodule_app menu.so\nmodule_app contact.so\n"
            f"audio_source aufile,{self.tone}\nsnd_path {self.folder}\n"
        )
        return ["baresip", "-f", str(self.folder)]

    def find_recording(self) -> Path | None:
        return max(self.folder.glob("dump-*-dec.wav"), default=None)  # by the time in its name

    def call(self, ext: str) -> None:
        self.tell(f"/dial {self.uri(ext)}")

    def hang_up(self) -> None:
        self.tell("/hangup")

    def hold(self) -> None:
        self.tell("/hold")

    def resume(self) -> None:
        self.tell("/resume")

    def transfer(self, ext: str) -> None:
        self.tell(f"/transfer {self.uri(ext)}")
