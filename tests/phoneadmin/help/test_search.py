"""Help's search answers questions as people ask them, in English and Spanish (R10)."""

from __future__ import annotations

import pytest

from phoneadmin.help.search import search
from phoneadmin.help.topics import topics_in

FIRST = [
    ("en", "why can't I find my phone", "not-listed"),
    ("en", "Why can’t I find my phone?", "not-listed"),
    ("en", "can't assign", "cannot-assign"),
    ("en", "employee left", "leaving"),
    ("en", "e911 adress", "enter-address"),
    ("en", "change address", "enter-address"),
    ("en", "restart", "restart"),
    ("en", "reboot", "restart"),
    ("en", "911", "e911"),
    ("en", "MAC ADDRESS", "mac"),
    ("en", "extention already taken", "edit-people"),
    ("en", "forgot pasword", "sign-in"),
    ("en", "who changed this", "activity"),
    ("en", "wrong zip code", "zip-codes"),
    ("en", "download list as spreadsheet", "finding-a-phone"),
    ("es", "dónde está la dirección MAC", "mac"),
    ("es", "donde esta la direccion mac", "mac"),
    ("es", "por qué no encuentro mi teléfono", "not-listed"),
    ("es", "no puedo asignar", "cannot-assign"),
    ("es", "se fue un empleado", "leaving"),
    ("es", "cambiar direccion", "enter-address"),
    ("es", "direcion e911", "enter-address"),
    ("es", "olvide mi contraseña", "sign-in"),
    ("es", "el telefono no suena", "status"),
]
# How people ask in public: in RingCentral's community (the first three), and in the issue
# trackers of telephone systems, address checks, and sites with accounts. Shortened, not corrected.
IN_PUBLIC = [
    ("steps when an employee is terminated to unassign their phone and softphone", "leaving"),
    ("How to assign a former employees account to a new employee", "assign"),
    ("How do I change extension assignments and the correct phone", "assign"),
    ("my phone wont provision", "setup"),
    ("the phone wont even register", "status"),
    ("does not reboot via PBX Interface", "not-restarted"),
    ("took one of our surplus old IP phones to replace the one in the inner office", "replace"),
    ("How to remove a dead device", "remove"),
    ("the MAC matched another pre-existing MAC address in the system", "mac-in-use"),
    ("will always display the name it was before", "needs-restart"),
    ("where will i get this credentials", "sip-credentials"),
    ("Address validation fails, but Google perfectly finds the address", "address-refused"),
    ("Cannot change a validated Emergency Address", "enter-address"),
    ("Lost 2FA Authentication", "second-factor"),
    ("unable to get token because I lost my phone", "second-factor"),
    ("Not receiving org invitation emails", "invitations"),
    ("I sent an invite to a friend, he's not received anything", "invitations"),
    ("suddenly I'm being signed out after 10 or 15 minutes of no activity", "sessions"),
    ("I forgot my password. How do I either reset my password", "sign-in"),
    ("How long does the account lockout last, or how can it be reset?", "too-many-tries"),
]


def found(q: str, language: str = "en") -> list[str]:
    return [topic.anchor for topic in search(q, language).topics]


@pytest.mark.parametrize(("language", "q", "anchor"), FIRST)
def test_question_brings_its_topic_first(db, language, q, anchor):
    assert found(q, language)[0] == anchor


@pytest.mark.parametrize(("q", "anchor"), IN_PUBLIC)
def test_question_asked_in_public_brings_its_topic_first_or_second(db, q, anchor):
    assert anchor in found(q)[:2]


def test_questions_asked_in_public_are_no_copies_of_what_topics_list():
    listed = {ask.casefold() for topic in topics_in("en").values() for ask in topic.asks}
    assert len(IN_PUBLIC) == 20
    assert not listed & {q.casefold() for q, _anchor in IN_PUBLIC}


@pytest.mark.parametrize("language", ["en", "es"])
def test_title_and_each_listed_question_bring_their_own_topic(db, language):
    for topic in topics_in(language).values():
        if topic.title != "Algo ya no está":  # only stop words
            assert found(topic.title, language)[0] == topic.anchor, topic.title
        for ask in topic.asks:
            assert found(ask, language)[0] == topic.anchor, ask


def test_search_ignores_accents_and_case(db):
    assert found("réstârt") == found("RESTART") != []


def test_search_finds_other_forms_of_a_word_and_marks_them(db):
    one, other = search("restarted", "en"), search("restarting", "en")
    assert one == other
    assert {"restart", "restarts", "restarted"} <= one.words


def test_search_finds_a_word_by_its_beginning_while_it_is_typed(db):
    assert found("stic") == found("sticker") == ["mac", "add-a-phone"]


@pytest.mark.parametrize(
    ("language", "wrong", "right"),
    [("en", "adress", "address"), ("en", "spredsheet", "spreadsheet"),
     ("es", "contrasena", "contraseña"), ("es", "telefno", "teléfono")],
)  # fmt: skip
def test_search_takes_a_misspelled_word_for_the_nearest_one(db, language, wrong, right):
    assert search(wrong, language).words == search(right, language).words != frozenset()


def test_search_leaves_out_what_fits_much_worse(db):
    assert found("employee left") == ["leaving"]


def test_search_for_an_unknown_word_finds_nothing_and_a_stop_word_asks_nothing(db):
    assert search("zebra", "en").topics == () and search("zebra", "en").asked
    assert not search("how do I", "en").asked
    assert not search("cómo", "es").asked
