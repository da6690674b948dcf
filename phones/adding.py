"""Add a phone, and give it to a person who has none, in one step (R3, R14, R15, R38)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from phones import assignment, emergency, lifecycle, mac
from phones.assignees import Choice, describe_choice, list_choices
from phones.assignment_plan import Move
from phones.forms import DeviceForm, LabelForm
from phones.models import Kind, Phone, PhoneModel
from phones.provisioning.make import Make
from phones.provisioning.makes import MAKES, suggest_make
from phones.refusals import REFUSALS
from users.acting import make_seen
from users.forms import CallerIdField, ExtensionField
from users.models import User


class AddingForm(DeviceForm, LabelForm):
    """A phone to add: the device, and whose it is or where it stands."""

    kind = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=[
            (Kind.USER, _("A person")),
            (Kind.COMMON, _("A common area, such as a lobby or kitchen")),
        ],
        initial=Kind.USER,
        widget=forms.RadioSelect,
    )
    person = forms.ModelChoiceField(
        User.objects.none(), label=_("Person"), required=False, widget=forms.RadioSelect
    )
    ext = ExtensionField()
    caller_id = CallerIdField()

    field_order = ["mac", "model", "despite", "label", "kind", "person", "ext", "caller_id"]

    def __init__(self, account_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(account_id=account_id).select_related("sip", "phone")
        self.person_field.queryset = people
        self.caller_field.label = _("Caller number")
        self.caller_field.offer_numbers(account_id)

    @property
    def person_field(self) -> forms.ModelChoiceField[User]:
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        return field

    @property
    def caller_field(self) -> CallerIdField:
        field = self.fields["caller_id"]
        assert isinstance(field, CallerIdField)
        return field

    def clean_person(self) -> User | None:
        person: User | None = self.cleaned_data["person"]
        if person and (reason := assignment.find_obstacle(person)):
            sentence = str(REFUSALS["cannot_have_phone"].sentence)
            raise ValidationError(
                sentence % {"name": person, "reason": reason}, code="cannot_have_phone"
            )
        return person

    def clean(self) -> dict[str, Any] | None:
        """Take only what fits the kind of phone."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Kind.COMMON:
            cleaned["person"] = None
            self.errors.pop("person", None)
            if not cleaned.get("label") and "label" not in self.errors:
                name = "phones_phone_common_area_has_label"
                self.add_error("label", ValidationError(REFUSALS[name].sentence, code=name))
        else:
            cleaned["ext"] = cleaned["caller_id"] = None
            for name in ("ext", "caller_id"):
                self.errors.pop(name, None)
        return cleaned


@dataclass(frozen=True)
class NewPhone:
    """A phone that is to be added, as a valid AddingForm describes it."""

    account_id: int
    mac: str
    model: PhoneModel
    label: str
    kind: str
    person: User | None
    ext: str | None
    caller_id: str | None

    @classmethod
    def read(cls, account_id: int, form: AddingForm) -> NewPhone:
        """Return what a valid form asks for."""
        return cls(account_id=account_id, **form.cleaned_data)

    @cached_property
    def held(self) -> Phone | None:
        """The phone that the person has already: then adding assigns nothing (R14)."""
        return getattr(self.person, "phone", None)

    @property
    def is_given(self) -> bool:
        """Whether adding it gives it to a person, which is case b of R14."""
        return self.person is not None and self.held is None

    @property
    def device(self) -> str:
        return f"{self.model.name} {mac.format(self.mac)}"

    @property
    def mac_shown(self) -> str:
        return mac.format(self.mac)

    @property
    def seen(self) -> str:
        """A hash of all that the question about it shows, credentials included (R17)."""
        person = self.person
        credentials = getattr(person, "sip", None)
        return make_seen(
            {
                "device": [self.mac, self.model.pk, self.model.name, self.kind, self.label],
                "line": [self.ext, self.caller_id],
                "person": [person.pk, person.name, person.ext, person.caller_id] if person else [],
                "credentials": credentials.username if credentials else "",
                "held": [self.held.pk, self.held.label, self.held.device] if self.held else [],
                "emergency": emergency.gets_out_now(),
            }
        )

    def add(self) -> Phone:
        """Add it, and give it to its person if they have no phone; the account is locked.

        Raises ValidationError, and AssignmentRefused if the person can't have a phone anymore.
        """
        phone = lifecycle.add_phone(
            account_id=self.account_id,
            mac=self.mac,
            model=self.model,
            label=self.label,
            kind=self.kind,
            ext=self.ext,
            caller_id=self.caller_id,
        )
        if self.person and self.is_given:
            moves = [Move(phone.pk, self.person.pk)]
            seen = assignment.plan(account_id=self.account_id, moves=moves).seen
            assignment.carry_out(account_id=self.account_id, moves=moves, seen=seen)
            phone.refresh_from_db()
        return phone


# --- what is suggested while someone types ---


class Lookup(forms.Form):
    """What the form says so far: a MAC address, words to find a person by, and what is chosen."""

    mac = forms.CharField(required=False, max_length=200)
    model = forms.CharField(required=False, max_length=20)
    q = forms.CharField(required=False, max_length=200)
    person = forms.CharField(required=False, max_length=20)


@dataclass(frozen=True)
class Models:
    """The models to choose from, by make; those of the suggested make come first."""

    suggested: Make | None
    groups: list[tuple[str, list[PhoneModel]]]
    chosen: str


def list_models(typed_mac: str, chosen: str = "") -> Models:
    """Return the models that a MAC address leaves to choose from, the likely ones first.

    The address only suggests a make: makers buy chips and each other, so all can be chosen.
    """
    make = _suggest(typed_mac)
    models: dict[str, list[PhoneModel]] = {}
    for model in PhoneModel.objects.order_by("name"):
        models.setdefault(model.family, []).append(model)
    keys = sorted(models, key=lambda key: (make is None or key != make.key, key))
    groups = [(MAKES[key].name if key in MAKES else key, models[key]) for key in keys]
    if make and not chosen and len(models.get(make.key, ())) == 1:
        chosen = str(models[make.key][0].pk)
    return Models(make if make and make.key in models else None, groups, chosen)


def _suggest(typed_mac: str) -> Make | None:
    try:
        return suggest_make(mac.find(typed_mac))
    except mac.BadMac:
        return None


@dataclass(frozen=True)
class People:
    """The people to choose from: who is chosen, others that fit the search, and if more do."""

    chosen: Choice | None
    others: list[Choice]
    has_more: bool


def find_people(account_id: int, q: str, chosen: str) -> People:
    """Return the people to choose from, by extension; whoever is chosen stays, whatever `q` is."""
    piece = list_choices(account_id=account_id, phone_id=0, q=q)
    kept = None
    if chosen.isascii() and chosen.isdecimal() and len(chosen) <= 18:
        people = User.objects.filter(account_id=account_id, pk=int(chosen))
        person = people.select_related("phone").first()
        kept = describe_choice(person, phone_id=0) if person else None
    others = [choice for choice in piece.people if kept is None or choice.id != kept.id]
    return People(kept, others, has_more=piece.next is not None)
