"""The secrets of an installation on the embedded database, in one file only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """Random secrets, each for one purpose. Production takes its own from the environment."""

    secret_key: str
    sip_key: str
    postgres_password: str
    owner_password: str
    app_password: str


def load_keys(data: Path) -> Keys:
    """Load the keys in `data`, creating the folder and the keys the first time.

    The file appears whole or not at all, so two processes that start at once use the same keys.
    Raises OSError if the folder can't be written, ValueError if the file is damaged.
    """
    file = data / "keys.json"
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True)
        fresh = Keys(*(secrets.token_urlsafe(40) for _ in Keys.__dataclass_fields__))
        draft = data / f"keys.{secrets.token_hex(8)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(asdict(fresh), out)
            out.flush()
            os.fsync(out.fileno())
        try:
            # Unlike a rename, this never replaces the keys of a process that was faster.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    try:
        return Keys(**json.loads(file.read_text()))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{file} does not hold the keys of this installation: restore it from a backup."
        ) from error
