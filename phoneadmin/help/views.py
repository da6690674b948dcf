"""Help (R10, R40): its page and search, and which of its topics answers which error message."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from phoneadmin.help.topics import SECTIONS, SUPPORT, TOPICS, Topic
from users.access import parse_query

# Which codes each topic answers: of form errors, of what the database refuses (its constraints' names), of refused
# assignments, of findings in addresses, and those that templates name.
CODES: dict[str, set[str]] = {
    "mac": {"bad_mac"},
    "mac-in-use": {"phones_phone_mac"},
    "labels": {"phones_phone_label"},
    "correct": {"mac_was_used"},
    "cannot-assign": {"cannot_have_phone", "common_area"},
    "changed-meanwhile": {"changed"},
    "undo": {"moved_twice", "gone"},
    "not-found": {"not_found", "bad_request"},
    "not-restarted": {"not_restarted"},
    "downgrade": {"keeps_phone", "phones_phone_assigned_to_may_have_phone"},
    "leaving": {"person_stays", "last_administrator"},
    "edit-people": {
        "users_user_ext", "users_user_ext_digits", "users_user_ext_no_emergency_number", "users_user_caller_id",
        "caller_id", "nameless", "no_text", "invisible",
    },
    "email-addresses": {"users_user_email", "users_user_administrator_has_email"},
    "invitations": {"not_invited"},
    "sip-credentials": {"key_missing"},
    "sign-in": {"email_password_mismatch", "link_used_up", "deactivated"},
    "passwords": {"enter_current_password", "incorrect_password"},
    "second-factor": {
        "passkey", "own_second_factor", "incorrect_code", "cannot_delete_authenticator",
        "cannot_generate_recovery_codes",
    },
    "still-you": {"still_you"},
    "sign-in-blocked": {"sign_in_blocked"},
    "too-many-tries": {"too_many_tries"},
    "not-allowed": {"not_allowed", "too_old"},
    "connection": {"connection", "server_error", "unavailable"},
    "where-e911": {"country_not_served"},
    "address-parts": {
        "no_house_number", "no_street_name", "no_city", "no_state", "no_postal_code", "state_unknown", "intersection",
        "unit_without_number",
    },
    "direction-and-suffix": {"directional_suspect", "suffix_suspect"},
    "zip-codes": {
        "postal_code_format", "postal_code_province_mismatch", "zip_unknown", "zip_state_mismatch", "city_zip_mismatch",
    },
    "mail-addresses": {"po_box", "rural_route", "rural_route_beside", "military", "general_delivery"},
    "address-text": {"empty", "too_long", "too_many_lines", "other_script", "not_text"},
    "address-refused": {"provider_refused", "provider_unavailable"},
    "e911-states": {"address_refused", "address_waits"},
    SUPPORT: {"support"},
}  # fmt: skip
# What is wrong in a field and has no topic of its own, such as that it is empty, is answered by the field's.
FIELDS: dict[str, set[str]] = {
    "mac": {"mac"},
    "labels": {"label"},
    "add-a-phone": {"model", "kind"},
    "edit-people": {"first_name", "last_name", "ext", "caller_id", "is_administrator"},
    "email-addresses": {"email"},
    "plans": {"plan"},
    "second-factor": {"code", "credential", "name", "second_factor_required"},
    "sign-in": {"login", "password"},
    "passwords": {"oldpassword", "password1", "password2"},
    "address-parts": {"street", "unit_type", "unit", "floor", "room", "building", "city", "state"},
    "where-e911": {"country"},
    "zip-codes": {"postal_code"},
    "address-text": {"whole"},
}
_BY_CODE = {code: TOPICS[anchor] for anchor, codes in CODES.items() for code in codes}
_BY_FIELD = {field: TOPICS[anchor] for anchor, fields in FIELDS.items() for field in fields}


def topic(code: str | None, field: str = "") -> Topic | None:
    """Return the topic that answers an error of this code, in this field of a form if any; None where there is none."""
    return _BY_CODE.get(code or "") or _BY_FIELD.get(field)


def url(of: Topic) -> str:
    """Return the address of a topic."""
    return f"{reverse('help')}#{of.anchor}"


class Question(forms.Form):
    """What the URL of Help may say."""

    q = forms.CharField(required=False, max_length=200)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Help, or what of it fits a search. Anybody may read it: nothing of an account is in it."""
    q = parse_query(Question(request.GET))["q"]
    words = folded(q)[0].split()
    context = {
        "q": q,
        "words": words,
        "sections": SECTIONS,
        "hits": search(words) if words else (),
        "support": settings.SUPPORT,
        "open_now": settings.SUPPORT.hours and settings.SUPPORT.hours.open_at(timezone.now()),
    }
    part = getattr(request, "htmx", None) and request.htmx.target == "topics"
    return render(request, "_help_topics.html" if part else "help.html", context)


# --- searching --------------------------------------------------------------------------------------------------------


def search(words: Sequence[str]) -> tuple[Topic, ...]:
    """Return the topics in which all words (folded) occur, in the current language; first those with them as title."""
    titled, others = [], []
    for each, title, whole in _texts(get_language()):
        if all(word in title for word in words):
            titled.append(each)
        elif all(word in whole for word in words):
            others.append(each)
    return (*titled, *others)


@cache
def _texts(language: str | None) -> tuple[tuple[Topic, str, str], ...]:
    """Return each topic with its title and all of its texts in the current language, folded."""
    return tuple(
        (each, folded(str(each.title))[0], folded(" ".join(map(str, each.texts)))[0])
        for each in TOPICS.values()
    )


def marked(text: str, words: Sequence[str]) -> SafeString:
    """Return text as HTML in which each occurrence of a word (folded) stands in <mark>."""
    if not words:
        return conditional_escape(text)
    plain, origin = folded(text)
    hit = [False] * len(text)
    for word in words:
        at = plain.find(word)
        while at >= 0:
            first, last = origin[at], origin[at + len(word) - 1]
            hit[first : last + 1] = [True] * (last + 1 - first)
            at = plain.find(word, at + 1)
    pieces, start = [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or hit[end] != hit[start]:
            piece = text[start:end]
            pieces.append(
                format_html("<mark>{}</mark>", piece) if hit[start] else conditional_escape(piece)
            )
            start = end
    return mark_safe("".join(pieces))


def folded(text: str) -> tuple[str, list[int]]:
    """Return text without case and accents, and for each of its characters the place in `text` that it came from."""
    plain, origin = [], []
    for place, character in enumerate(text):
        for each in unicodedata.normalize("NFKD", character.casefold()):
            if not unicodedata.combining(each):
                plain.append(each)
                origin.append(place)
    return "".join(plain), origin
