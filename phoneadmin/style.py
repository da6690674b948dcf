"""The page /style/, in development only: every part in every state, in the real templates."""

from __future__ import annotations

from itertools import product

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from phones.assignees import Choice, Choices
from phones.assignment_plan import Change, Move, Person, Plan
from phones.rows import Row, render_rows

# 60 characters, the longest label
LONG = "The very long label of a phone that stands in the great hall"
WHERE = "350 W Hubbard St, Suite 200, Chicago, IL 60654"
COLOURS = [
    *("ground", "paper", "raised", "hover", "ink", "faint", "line", "edge", "accent", "tint"),
    *("danger", "danger-tint", "warn", "warn-tint"),
]
UMA, VIC = Person(1, "Uma Ulm", "101", ""), Person(2, "محمد عبد الرحمن", "102", "")
HALL = Change(1, LONG, "Yealink SIP-T54W", "805ec0000001", WHERE, UMA, VIC)
DESK = Change(2, "", "Poly VVX 450", "64167f8f1850", "", VIC, None)


class Fields(forms.Form):
    """One field of each kind; some are wrong when sent empty."""

    text = forms.CharField(
        label="A text", help_text="What is expected, such as 120 N Michigan Ave."
    )
    choice = forms.ChoiceField(label="A choice", choices=[("a", "One"), ("b", "Another")])
    one_of_few = forms.ChoiceField(
        label="One of few", choices=[("a", "One"), ("b", "Another")], widget=forms.RadioSelect
    )
    yes = forms.BooleanField(label="Yes or no", required=False)
    more = forms.CharField(
        label="A longer text", widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


def build_rows() -> list[Row]:
    """Build a row for each state of a phone's line and of its address."""
    line = [
        {"registered": "1"},
        {"unregistered": "1"},
        {"free": "1", "person": "", "ext": ""},
        {},
        {"registered": "1", "needs_restart": "1"},
        {"unregistered": "1", "needs_restart": "1"},
    ]
    where = [
        {"address": WHERE},
        {"address": WHERE, "pending": "9 Elm St, Springfield, IL 62701"},
        {"address": WHERE, "refused": "9 Elm St, Springfield, IL 62701"},
        {"pending": "9 Elm St, Springfield, IL 62701"},
        {"refused": "9 Elm St, Springfield, IL 62701"},
        {},
    ]
    empty = dict.fromkeys(Row.__dataclass_fields__, "")
    usual = {
        "model": "Yealink SIP-T54W",
        "mac": "80:5E:C0:00:00:01",
        "person": "Uma Ulm",
        "ext": "101",
        "version": "1",
    }
    states = [state | {"address": WHERE} for state in line] + [
        {"registered": "1"} | state for state in where
    ]
    names = [
        {"label": LONG, "person": "Bartholomew-Maximilian Wolfeschlegelsteinhausen"},
        {"label": "مكتب"},
    ]
    made = []
    for number, state in enumerate(
        [*states, *(name | {"registered": "1", "address": WHERE} for name in names)], 1
    ):
        texts = empty | usual | state
        made.append(
            Row(**texts | {"id": str(number), "title": texts["label"] or f"Phone {number}"})
        )
    return made


def style(request: HttpRequest) -> HttpResponse:
    """Show every part of the design in every state."""
    people = [
        Choice(1, "Uma Ulm", "99", "", "", True),
        Choice(2, "محمد عبد الرحمن", "100", "Poly VVX 450 64:16:7F:8F:18:50", "", False),
        Choice(
            3, "Bea Basic", "101", "", "Basic plan. Change the plan to Plus or Pro first.", False
        ),
        Choice(4, "Wyn Wolf", "102", "", "", False),
    ]
    context = {
        "rows_html": render_rows(build_rows()),
        "plan": Plan((Move(1, 2),), (HALL, DESK)),
        "choices": Choices(people, None, None),
        "fields": Fields(),
        "wrong": Fields({}, prefix="wrong"),
        "fields_of_panel": Fields(prefix="panel"),
        "buttons": list(product(("", "primary", "primary danger", "quiet"), (False, True))),
        "colours": COLOURS,
        "row": Row(*[""] * len(Row.__dataclass_fields__)),
    }
    return render(request, "style.html", context)
