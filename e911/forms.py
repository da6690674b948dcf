"""Forms for entering an emergency address (R27)."""

from __future__ import annotations

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


class CheckedForm(forms.Form):
    """A form that shows what was found wrong with an address, each sentence at its field."""

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Say each finding at the field it is about, or above the form if it has none here."""
        for finding in findings:  # they say more than the form's own errors
            self.errors.pop(finding.field, None)
        for finding in findings:
            field = finding.field if finding.field in self.fields else None
            self.add_error(field, forms.ValidationError(finding.sentence, code=finding.code))


class PasteForm(CheckedForm):
    """A whole address in one piece."""

    whole = forms.CharField(
        label=_("Whole address"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class AddressForm(CheckedForm):
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
