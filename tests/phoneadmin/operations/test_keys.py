"""The secrets of an installation: made once, agreed on, readable only by their owner."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from phoneadmin.operations import keys


def test_keys_are_the_same_at_every_call_and_differ_between_installations(tmp_path):
    first = keys.load_keys(tmp_path / "a")
    assert keys.load_keys(tmp_path / "a") == first
    assert keys.load_keys(tmp_path / "b") != first
    assert len(set(vars(first).values())) == len(vars(first)), (
        "each purpose has a secret of its own"
    )


def test_keys_file_is_for_its_owner_only_and_nothing_else_is_left(tmp_path):
    keys.load_keys(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_keys_made_at_the_same_moment_agree(tmp_path):
    together = Barrier(16)

    def load(_):
        together.wait(10)
        return keys.load_keys(tmp_path / "data")

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(load, range(16)))) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"secret_key": "x"}', '"text"', "null"])
def test_keys_file_that_is_damaged_is_refused_and_kept(tmp_path, content):
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(ValueError, match="restore it from a backup"):
        keys.load_keys(tmp_path)
    assert (tmp_path / "keys.json").read_text() == content
