"""Ask support staff to confirm an act with a reason, then do what they saw (R17, R35 to R38).

Django admin's own forms change nothing. An act follows the same rules as the account's pages, runs
in the account's scope, and the account reads the reason in its Activity (R37).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from users.support.site import site
from users.tenancy import history, scope
from users.tenancy.text import TextField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Act:
    """Something to do with a row: its button's label, and which rows it applies to."""

    label: StrOrPromise
    when: Callable[[Any], bool]
    for_readers: bool  # changes nothing, so that all support staff may
    waits: bool  # for a phone's answer; it changes nothing, so the account's changes don't wait


def act(
    label: StrOrPromise,
    *,
    when: Callable[[Any], bool] = lambda row: True,
    for_readers: bool = False,
    waits: bool = False,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Make a method of a register (users.support.register) an act's page, at <row>/<method>/."""

    def mark(method: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        method.act = Act(label, when, for_readers, waits)  # type: ignore[attr-defined]
        return method

    return mark


class ReasonForm(forms.Form):
    """Why someone does this. An act's other questions come before this one."""

    reason = TextField(
        label=_("Reason"), max_length=300, help_text=_("The account reads it in its Activity.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


@dataclass(frozen=True)
class Question:
    """What support staff read before they confirm an act."""

    title: str
    button: str
    consequences: Sequence[str] = ()
    dangers: Sequence[str] = ()  # consequences that put someone at risk
    facts: Sequence[Any] = ()  # what else it depends on, such as the credentials' version

    @property
    def seen(self) -> str:
        """A hash of all this: the act is done only if the question is still the one they saw."""
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
    """Ask, or (POST with `seen` and a reason) do it, and say so on the page `then`, or `back`.

    `do` takes the other fields and returns the message. It runs in the scope of the account, if
    given, which the caller has locked. If it raises ValidationError, the form shows the error and
    nothing has happened.
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
