"""What people call a phone, and how sentences list names (R45)."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from phones.names import join_names, name_in_heading, name_phone

DEVICE = "Yealink SIP-T54W 80:5E:C0:00:00:01"


@pytest.mark.parametrize(
    ("label", "person", "ext", "title", "heading"),
    [
        ("Lobby", "Ann Ash", "101", "Lobby", "Lobby"),
        ("", "Ann Ash", "101", "Ann Ash’s phone, 101", "Ann Ash’s phone, 101"),
        ("", "Ann Ash", None, "Ann Ash’s phone", "Ann Ash’s phone"),
        ("", "", None, DEVICE, "this phone"),
    ],
)
def test_phone_is_called_by_its_label_else_by_its_person(label, person, ext, title, heading):
    assert name_phone(label, DEVICE, person, ext) == title
    assert name_in_heading(label, person, ext) == heading


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["Ana"], "Ana"),
        (["Ana", "Luis"], "Ana y Luis"),
        (["Ana", "Luis", "Inés"], "Ana, Luis e Inés"),
        (["Inés", "Ana"], "Inés y Ana"),
        (["Ana", "Íñigo"], "Ana e Íñigo"),
        (["Ana", "Hilda"], "Ana e Hilda"),
        (["Ana", "Hielo"], "Ana y Hielo"),
        (["Ana", "Yolanda"], "Ana y Yolanda"),
        (["Ana", "Yvonne"], "Ana e Yvonne"),
        ([], ""),
    ],
)
def test_spanish_says_e_before_the_sound_of_an_i(names, listed):
    with override("es"):
        assert join_names(names) == listed


def test_english_says_and():
    assert join_names(["Ana", "Luis", "Inés"]) == "Ana, Luis and Inés"
