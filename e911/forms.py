"""Forms for entering an emergency address (R27)."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from e911.addresses import parsing, places, units
from e911.addresses.checks import Finding
from e911.addresses.civic import CivicAddress
from e911.addresses.reading import Reading


def list_regions() -> list[tuple[str | Promise, str | list[tuple[str, str]]]]:
    """Return the states and provinces to choose from, grouped by country."""
    countries = {"US": _("United States"), "CA": _("Canada")}
    return [
        ("", ""),
        *(
            (name, sorted(places.list_regions(code).items(), key=lambda it: it[1]))
            for code, name in countries.items()
        ),
    ]


class PasteForm(forms.Form):
    """A whole address in one piece."""

    whole = forms.CharField(
        label=_("Whole address"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, or with the whole address: its sentences, the field's id and
    label.
    """

    sentences: list[str]
    field_id: str = ""
    label: str = ""


class AddressForm(forms.Form):
    """The parts of an address.

    The form itself refuses nothing: `e911.addresses.checks` reports everything wrong at once.
    """

    country = forms.ChoiceField(
        label=_("Country"), choices=[("US", _("United States")), ("CA", _("Canada"))]
    )
    street = forms.CharField(
        label=_("House number and street"),
        required=False,
        help_text=_("With direction and suffix, such as 120 N Michigan Ave"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    unit_type = forms.ChoiceField(
        label=_("Unit type"),
        required=False,
        choices=[("", "–"), *((it, it) for it in units.OFFERED)],
    )
    unit = forms.CharField(label=_("Unit number"), required=False)
    floor = forms.CharField(label=_("Floor"), required=False)
    room = forms.CharField(label=_("Room"), required=False)
    building = forms.CharField(label=_("Building"), required=False)
    city = forms.CharField(label=_("City"), required=False)
    state = forms.ChoiceField(label=_("State or province"), required=False, choices=list_regions)
    postal_code = forms.CharField(label=_("ZIP or postal code"), required=False)

    def read_fields(self) -> Reading:
        """Read the fields, exactly as the browser sent them."""
        return parsing.read_fields(**{name: self.data.get(name, "") for name in parsing.FIELDS})

    @property
    def typed_text(self) -> str:
        """Return what was typed and pasted, field by field, for the record."""
        return "\n".join(
            f"{name}: {self.data[name]}"
            for name in (*parsing.FIELDS, "whole")
            if self.data.get(name)
        )

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Mark the field of each finding as wrong; its sentence stands in the summary alone."""
        for finding in findings:
            if finding.field in self.fields:
                self.add_error(finding.field, finding.sentence)

    def list_problems(self, findings: tuple[Finding, ...]) -> list[Problem]:
        """Return what is wrong, field by field; what is about no field comes first."""
        sentences: dict[str, list[str]] = {"": []}
        for finding in findings:
            field = finding.field if finding.field in self.fields else ""
            sentences.setdefault(field, []).append(finding.sentence)
        for name, errors in self.errors.items():
            if name in sentences:  # the reader's words say more than the form's
                continue
            known = sentences.setdefault(name, [])
            known += [text for error in errors if (text := str(error)) not in known]
        return [
            Problem(said, self[name].auto_id, str(self[name].label)) if name else Problem(said)
            for name, said in sentences.items()
            if said
        ]


def build_initial_values(address: CivicAddress) -> dict[str, str]:
    """Return the form's initial values for an address."""
    names = (
        "country",
        "unit_type",
        "unit",
        "floor",
        "room",
        "building",
        "city",
        "state",
        "postal_code",
    )
    return {name: getattr(address, name) for name in names} | {"street": address.street_line}
