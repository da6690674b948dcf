"""What can be done with a row after one confirmation, described once for everyone (R41, R42).

An act is a class in the app that owns the rule (users/acts/, phones/acts/). Administrators and
support staff get it from the same list: same words, same template, same function that carries it
out. `answer` is the one way through: nothing is done twice, unseen, or in a changed situation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from users import request_keys
from users.models import User
from users.refusals import REFUSALS
from users.request_keys import Answer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Row = TypeVar("Row")


class ActRefused(Exception):
    """The rules forbid an act now: why, the code of its Help topic, and what to do first."""

    def __init__(
        self,
        reason: StrOrPromise,
        *,
        code: str,
        facts: Mapping[str, Any] | None = None,
        first: Link | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.code, self.facts, self.first = reason, code, facts or {}, first


@dataclass(frozen=True)
class Link:
    """What to do first: the name of a page of the account, and the row that it is about."""

    label: StrOrPromise
    page: str
    key: int
    query: str = ""


def make_seen(facts: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a hash of facts, which a confirmation carries along."""
    asked = json.dumps(facts, default=str, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Confirmation:
    """What is asked before an act is done.

    Sentences name facts as %(name)s and can name nothing else, so whatever a person reads is part
    of `seen`. Facts are data and never translated, so `seen` is the same in every language; those
    that no sentence names count as well. `words` are made of facts, in the reader's language.
    """

    title: StrOrPromise
    button: StrOrPromise
    facts: Mapping[str, Any]
    subtitle: StrOrPromise = ""
    consequences: Sequence[StrOrPromise] = ()
    dangers: Sequence[StrOrPromise] = ()  # consequences that put someone at risk
    words: Mapping[str, Any] = field(default_factory=dict)
    first: Link | None = None  # what part of it needs first
    # The same, once an answer was refused: by the code of the refusal.
    remedies: Mapping[str, Link] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """A hash of the facts: the act is done only if they're still the ones that were shown."""
        return make_seen(self.facts)

    @property
    def named(self) -> Mapping[str, Any]:
        """What its sentences may name."""
        return {**self.facts, **self.words}


@dataclass(frozen=True)
class Done:
    """What was done, in a sentence that names facts, and what to offer next."""

    said: StrOrPromise
    facts: Mapping[str, Any] = field(default_factory=dict)
    further: StrOrPromise = ""  # a second sentence
    then: Act[Any] | None = None  # what to do with the row first now
    undo: str = ""  # the name of the act that takes it back
    rows: tuple[int, ...] = ()  # the rows that changed; none if rows came or went
    url: str = ""
    is_problem: bool = False


class Act(Generic[Row]):
    """Something that can be done with a row: its goal, how it's confirmed, and how it's done."""

    name: str  # the last part of its URL
    label: StrOrPromise  # on menus
    icon: str
    group: StrOrPromise = ""  # what it is about: menus show acts with the same together
    is_dangerous = False  # takes something away: menus show it last, apart from the others
    form: type[forms.Form] = forms.Form  # what is asked besides
    template = "act.html"
    for_readers = False  # whether support staff who may not act may do it
    has_page = False  # whether a page asks first, which no dialog can show
    is_quick = True  # False if it waits for a phone, so no one else should wait for it

    def answer(self, request: HttpRequest, key: int, audience: Audience) -> HttpResponse:
        """Ask about it, or do it. Acts that take several pages have a way of their own."""
        return answer(request, self, key, audience)

    def initial(self, row: Row) -> dict[str, Any]:
        """Return what the form holds before anything is typed."""
        return {}

    def offer_choices(self, form: forms.Form, row: Row) -> None:
        """Fill in the choices of the act's form that depend on the row."""

    def is_offered(self, row: Row, by: User) -> bool:
        """Tell whether menus show it. Runs no query."""
        return not self.holds(row)

    def holds(self, row: Row, **answers: Any) -> bool:
        """Tell whether the goal is reached already."""
        return False

    def describe(self, row: Row, by: User) -> Confirmation:
        """Return what is to be confirmed. Raises ActRefused."""
        raise NotImplementedError

    def carry_out(self, row: Row, by: User, **answers: Any) -> Done:
        """Do it, in a transaction that has locked the account.

        Raises ActRefused and ValidationError, and then nothing has happened.
        """
        raise NotImplementedError


class Audience(Protocol):
    """Who acts: administrators on their account's pages, or support staff in Django admin."""

    def get_account_of_keys(self, request: HttpRequest) -> int | None:
        """Return the account that the request keys belong to."""

    def find(self, request: HttpRequest, act: Act[Any], key: int) -> Any:
        """Return the row, read after its account was locked if this is a POST.

        Raises Http404, and AlreadyDone if the row is gone and that was the act's goal.
        """

    def within(self, row: Any) -> AbstractContextManager[None]:
        """Enter the scope of the row's account."""

    def build_form(self, act: Act[Any], row: Any, data: Any) -> forms.Form:
        """Return the act's form, with what this audience is asked besides."""

    def record_reason(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Take what only this audience is asked out of the answers, and put it on record."""

    def build_context(self, request: HttpRequest, key: int, *, is_stale: bool) -> dict[str, Any]:
        """Return what its pages need around a confirmation: `back`, and its layout if it has one.

        The list behind the dialog may be out of date (`is_stale`).
        """

    def get_url(self, act: str, key: int) -> str:
        """Return the URL of another act on the same row."""

    def get_url_of_link(self, link: Link) -> str:
        """Return the URL of a page of the account, or of what this audience has in its place."""

    def respond(self, request: HttpRequest, key: int, answer: Answer) -> HttpResponse:
        """Say what was done, on the page that goes on."""


class AlreadyDone(Exception):
    """The row is gone, which is what the act wanted."""


@dataclass(eq=False)
class _Asked(Exception):
    """The act wasn't done: a question, a refusal, or an error in the form remains."""

    form: forms.Form | None = None
    confirmation: Confirmation | None = None
    refusal: ActRefused | None = None
    changed: bool = False
    is_done_already: bool = False
    was_sent: bool = False  # with other answers
    now: Sequence[tuple[StrOrPromise, Any]] = ()  # fields that others changed, as they are now

    @property
    def status(self) -> int:
        return 409 if self.changed or self.was_sent else 422

    @property
    def first(self) -> Link | None:
        """What to do first, if there is anything."""
        question = self.refusal or self.confirmation
        if question and question.first:
            return question.first
        if not self.form or not self.confirmation:
            return None
        errors = [error for each in self.form.errors.as_data().values() for error in each]
        remedies = (self.confirmation.remedies.get(error.code or "") for error in errors)
        return next(filter(None, remedies), None)


def answer(request: HttpRequest, act: Act[Any], key: int, audience: Audience) -> HttpResponse:
    """Ask for confirmation (GET), or do what was confirmed (POST): the way of all acts.

    A POST needs `seen`, and a key that makes a repeat the same as the first. If the facts differ
    from what was seen, nothing is done and the situation as it is now is asked about (409).
    """
    if request.method != "POST":
        asked = _look(request, act, key, audience)
        return _ask(request, act, key, audience, asked, status=422 if asked.refusal else 200)
    if not request.POST.get("seen"):
        raise BadRequest(_("seen: this confirmation is incomplete. Open it again."))
    try:
        answered = request_keys.carry_out_once(
            request,
            account_id=audience.get_account_of_keys(request),
            do=lambda: _carry_out(request, act, key, audience),
            is_quick=act.is_quick,
        )
    except request_keys.KeyReused:
        asked = _look(request, act, key, audience)
        asked.was_sent = True
        return _ask(request, act, key, audience, asked, status=asked.status)
    except _Asked as asked:
        return _ask(request, act, key, audience, asked, status=asked.status)
    return audience.respond(request, key, answered)


def _look(request: HttpRequest, act: Act[Any], key: int, audience: Audience) -> _Asked:
    """Return the question as it is now."""
    try:
        row = audience.find(request, act, key)
    except AlreadyDone:
        return _Asked(is_done_already=True)
    with audience.within(row):
        if act.holds(row):
            return _Asked(is_done_already=True)
        form = audience.build_form(act, row, request.POST or None)
        try:
            return _Asked(form, act.describe(row, _person(request)))
        except ActRefused as refusal:
            return _Asked(form, refusal=refusal)


def _carry_out(request: HttpRequest, act: Act[Any], key: int, audience: Audience) -> Answer:
    """Do what was confirmed and return what to say. Raises _Asked if it wasn't done."""
    try:
        row = audience.find(request, act, key)
    except AlreadyDone:
        return tell(_done_already())
    with audience.within(row):
        form = audience.build_form(act, row, request.POST)
        answers = dict(form.cleaned_data) if form.is_valid() else {}
        if act.holds(row, **answers):
            return tell(_done_already())
        by = _person(request)
        try:
            confirmation = act.describe(row, by)
            if request.POST["seen"] != confirmation.seen:
                now = _list_differences(form, act.initial(row))
                raise _Asked(form, confirmation, changed=True, now=now)
            if not form.is_valid():
                raise _Asked(form, confirmation)
            done = act.carry_out(row, by, **audience.record_reason(answers))
            return tell(
                done,
                then=audience.get_url(done.then.name, key) if done.then else "",
                undo=audience.get_url(done.undo, key) if done.undo else "",
            )
        except ActRefused as refusal:
            raise _Asked(form, refusal=refusal) from refusal
        except ValidationError as error:
            _add_error(form, error)
            raise _Asked(form, confirmation) from error


def _list_differences(form: forms.Form, now: Mapping[str, Any]) -> list[tuple[StrOrPromise, Any]]:
    """Return label and present value of each field that was typed or left otherwise."""
    found: list[tuple[StrOrPromise, Any]] = []
    for name, value in now.items():
        field = form.fields[name]
        if isinstance(field, forms.ModelChoiceField) or field.widget.is_hidden:
            continue
        if str(form.data.get(name, "")) != str(value or ""):
            choices: Any = getattr(field, "choices", ())
            words = dict(choices)
            found.append((field.label or "", words.get(value, value) or "–"))
    return found


def _done_already() -> Done:
    return Done(_("Already done. Nothing changed."))


def _add_error(form: forms.Form, error: ValidationError) -> None:
    """Show an error at its field, or above the form if the form doesn't ask for that."""
    by_field: dict[str, list[ValidationError]] = getattr(error, "error_dict", {})
    if {*form.fields, NON_FIELD_ERRORS} >= by_field.keys():
        form.add_error(None, error)
        return
    for errors in by_field.values():
        for each in errors:  # with its code, which leads to Help
            form.add_error(None, each)


def _ask(
    request: HttpRequest,
    act: Act[Any],
    key: int,
    audience: Audience,
    asked: _Asked,
    *,
    status: int,
) -> HttpResponse:
    """Show what remains to be asked."""
    refused = request.method == "POST" and asked.refusal is not None
    # The list behind the dialog is as old as what was seen, or offered what was done already.
    is_stale = asked.status == 409 or refused or asked.is_done_already
    shown: dict[str, Any] = {
        "act": act,
        "row_key": key,
        "confirmation": asked.confirmation,
        "refusal": asked.refusal,
        "form": asked.form,
        "changed": asked.changed,
        "now": asked.now,
        "is_stale": is_stale,
        "was_sent": REFUSALS["form_sent"] if asked.was_sent else None,
        "is_done_already": asked.is_done_already,
        "request_key": request_keys.make_key(),
    }
    if link := asked.first:
        shown |= {"first": link, "first_url": audience.get_url_of_link(link)}
    around = audience.build_context(request, key, is_stale=is_stale)
    return render(request, act.template, around | shown, status=status)


def tell(done: Done, *, then: str = "", undo: str = "") -> Answer:
    """Put what was done into words, with the URLs of what to do now and of what takes it back."""
    context = {"done": done, "then": then, "undo": undo}
    message = render_to_string("_act_done.html", context) if done.said else ""
    return Answer(message, rows=done.rows, url=done.url, is_problem=done.is_problem)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class Offered(Protocol):
    """What a menu offers: an act, or a link beside the acts."""

    @property
    def group(self) -> StrOrPromise: ...
    @property
    def is_dangerous(self) -> bool: ...


Item = TypeVar("Item", bound=Offered)


def group_offered(items: Iterable[Item]) -> list[tuple[StrOrPromise, list[Item]]]:
    """Return what a menu offers under the names of its groups; dangerous ones come last."""
    groups: dict[tuple[bool, StrOrPromise], list[Item]] = {}
    for item in items:
        groups.setdefault((item.is_dangerous, item.group), []).append(item)
    in_order = sorted(groups.items(), key=lambda named: named[0][0])
    return [(group, offered) for (_is_dangerous, group), offered in in_order]


def name_acts(acts: Iterable[Act[Any]]) -> dict[str, Act[Any]]:
    """Return acts by their names."""
    return {act.name: act for act in acts}
