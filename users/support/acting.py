"""What support staff may do: each act says what it does, asks for a reason, and does what was seen (R17, R35 to R38).

Django admin's own forms change nothing. An act goes through the rules of the pages, in the scope of the account that it
is about, and the account reads the reason in its Activity (R37).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.support.site import site
from users.tenancy import history, scope
from users.tenancy.text import TextField


@dataclass(frozen=True)
class Act:
    """Something that can be done with a row: what its button says, and with which rows it can be done."""

    label: str | Promise
    when: Callable[[Any], bool]
    for_readers: bool  # changes nothing, so that all support staff may
    waits: bool  # for a phone's answer; it changes nothing, so the account's changes don't wait


def act(
    label: str | Promise,
    *,
    when: Callable[[Any], bool] = lambda row: True,
    for_readers: bool = False,
    waits: bool = False,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Make a method of a register (users.support.register) the page of an act, at <row>/<method>/."""

    def mark(method: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        method.act = Act(label, when, for_readers, waits)  # type: ignore[attr-defined]
        return method

    return mark


class ReasonForm(forms.Form):
    """Why it is done. Further questions of an act stand before this one."""

    reason = TextField(
        label=_("Reason"), max_length=300, help_text=_("The account reads it in its Activity.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


@dataclass(frozen=True)
class Question:
    """What is asked before an act is done: everything that somebody decides on."""

    title: str
    button: str
    consequences: Sequence[str] = ()
    dangers: Sequence[str] = ()  # consequences that endanger somebody
    facts: Sequence[Any] = ()  # what else it stands on, such as the version of credentials

    @property
    def seen(self) -> str:
        """A short value made of all this: an act is done only where the question is still the one that was seen."""
        asked = [self.title, *self.dangers, *self.consequences, self.facts]
        return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()[:32]


def ask(
    request: HttpRequest,
    question: Question,
    *,
    form: ReasonForm,
    do: Callable[..., str],
    back: str,
    then: str = "",
    account_id: int | None = None,
) -> HttpResponse:
    """Ask, or (POST with what was seen and a reason) do it and say so on the page that comes `then`, or on `back`.

    `do` takes what else was typed, returns what to say, and runs in the scope of the account where one is given, which
    the caller has locked. A ValidationError of `do` is told beside the form, and nothing has happened.
    """
    status, changed = 200, False
    if request.method == "POST":
        status = 422
        if form.is_valid() and request.POST.get("seen") != question.seen:
            status, changed = 409, True
        elif form.is_valid():
            told = dict(form.cleaned_data)
            history.add_context(reason=told.pop("reason"))
            try:
                said = _done(do, told, account_id)
            except ValidationError as error:
                known = {*form.fields, NON_FIELD_ERRORS} >= set(getattr(error, "error_dict", ()))
                form.add_error(None, error if known else error.messages)
            else:
                if said:
                    messages.success(request, said)
                return redirect(then or back)
    context = {
        "question": question,
        "form": form,
        "back": back,
        "changed": changed,
        "title": question.title,
    }
    return render(request, "admin/act.html", site.each_context(request) | context, status=status)


def _done(do: Callable[..., str], told: dict[str, Any], account_id: int | None) -> str:
    with transaction.atomic():
        if account_id is None:
            return do(**told)
        with scope.entered(account_id=account_id):
            return do(**told)
