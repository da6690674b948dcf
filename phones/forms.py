"""Forms for what people type about a phone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from phones import mac
from phones.assignment_plan import Move
from phones.models import PhoneModel
from phones.provisioning.makes import suggest_make
from phones.restarts import MAX_PHONES
from users.forms import CallerIdField, ExtensionField
from users.tenancy.text import TextField
from users.time_zones import GROUPS

MOVE = "[1-9][0-9]{0,17}-(?:[1-9][0-9]{0,17})?"


class MacField(TextField):
    """Takes a MAC address in any usual notation, or text that has one; returns 12 digits (R6)."""

    def __init__(self) -> None:
        super().__init__(
            label=_("MAC address"),
            max_length=200,
            help_text=_(
                "On a sticker under or behind the phone: 12 digits, 0–9 and A–F, in any notation."
                " You can paste all that the sticker says."
            ),
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )

    def clean(self, value: object) -> str:
        try:
            return mac.find(super().clean(value))
        except mac.BadMac as error:
            raise ValidationError(str(error), code="bad_mac") from error


class LabelForm(forms.Form):
    """A phone's label, which may be empty (R5)."""

    label = TextField(label=_("Label"), max_length=60, required=False)


class LineForm(forms.Form):
    """What a common-area phone is called, and the numbers of its line (R58)."""

    label = TextField(label=_("Label"), max_length=60)
    ext = ExtensionField()
    caller_id = CallerIdField()

    def offer_numbers(self, account_id: int) -> None:
        """Offer the caller numbers that phones of an account can have."""
        field = self.fields["caller_id"]
        assert isinstance(field, CallerIdField)
        field.offer_numbers(account_id)


class DeviceForm(forms.Form):
    """The device: MAC address and model.

    A model of another make than the MAC address suggests is asked about once: it can be right,
    because makers buy chips and each other.
    """

    mac = MacField()
    model = forms.ModelChoiceField(
        PhoneModel.objects.all(), label=_("Model"), empty_label=_("Choose a model")
    )
    # Which contradiction is all right: the make that the MAC address suggests, and the model.
    despite = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    field_order = ["mac", "model", "despite"]

    def clean_model(self) -> PhoneModel:
        model: PhoneModel = self.cleaned_data["model"]
        model.require_our_firmware()
        return model

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        answer = cleaned.pop("despite", "")
        model, maker = cleaned.get("model"), suggest_make(cleaned.get("mac") or "")
        if model and maker and maker.key != model.family and not self.errors:
            right = f"{maker.key}-{model.pk}"
            if answer != right:
                self._ask_about(maker.name, model.name, right)
        return cleaned

    def _ask_about(self, maker: str, model: str, answer: str) -> None:
        self.add_error(
            "model",
            ValidationError(
                _("This MAC address belongs to %(maker)s; you chose %(model)s. Is that right?"),
                code="other_make",
                params={"maker": maker, "model": model},
            ),
        )
        box = forms.CheckboxInput({"value": answer}, check_test=lambda _value: False)
        self.fields["despite"].widget = box
        self["despite"].label = gettext("Yes, it’s a %(model)s") % {"model": model}


class TimeZoneForm(forms.Form):
    """A phone's own time zone; without one, it has its account's."""

    phone_time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=[("", _("The account’s")), *GROUPS]
    )

    def clean_phone_time_zone(self) -> str | None:
        return self.cleaned_data["phone_time_zone"] or None


class MoveForm(forms.Form):
    """Why a phone comes to another account; the reason for leaving is asked of any act."""

    reason_there = TextField(
        label=_("Reason for the other account"),
        max_length=300,
        help_text=_("Only the account that gets the phone sees this reason, in its Activity."),
    )


class ChosenPhonesForm(forms.Form):
    """The keys of some phones, separated by commas."""

    phones = forms.RegexField(rf"^[1-9][0-9]{{0,17}}(,[1-9][0-9]{{0,17}}){{0,{MAX_PHONES - 1}}}$")

    def clean_phones(self) -> list[int]:
        return list(dict.fromkeys(map(int, self.cleaned_data["phones"].split(","))))


class MovesForm(forms.Form):
    """Who gets which phone: "7-12,8-" gives phone 7 to person 12, and unassigns phone 8."""

    moves = forms.RegexField(rf"^{MOVE}(,{MOVE}){{0,{MAX_PHONES - 1}}}\Z")

    def clean_moves(self) -> list[Move]:
        pairs = (move.split("-") for move in self.cleaned_data["moves"].split(","))
        return [Move(int(phone), int(person) if person else None) for phone, person in pairs]


class RestartForm(forms.Form):
    """The phones to restart, and the moves that undo an assignment, offered afterward (R43)."""

    phones = forms.CharField(required=False, widget=forms.HiddenInput)
    undo = forms.RegexField(
        rf"^{MOVE}(,{MOVE}){{0,{MAX_PHONES - 1}}}\Z", required=False, widget=forms.HiddenInput
    )


class SeenForm(forms.Form):
    """What a page shows when it asks for changes: rows as key.version, and the badges' figures."""

    rows = forms.RegexField(
        r"^[1-9][0-9]{0,17}\.[0-9a-f]{1,8}(,[1-9][0-9]{0,17}\.[0-9a-f]{1,8}){0,99}$",
        max_length=3000,
    )
    missing = forms.IntegerField(min_value=0, max_value=10**9)
    missing_common = forms.IntegerField(min_value=0, max_value=10**9)
