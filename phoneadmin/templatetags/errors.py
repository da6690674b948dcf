"""Say what is wrong with a form: in a summary that leads to the fields, and at each field."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.forms import BaseForm, BoundField, RadioSelect
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True)
class Line:
    """One error in a summary: its sentence, and the field it leads to, if it is about one."""

    sentence: str
    label: str = ""
    field_id: str = ""


@register.simple_tag
def list_errors(*forms: BaseForm) -> list[Line]:
    """Return the lines of a summary: what is about no field first, then field by field."""
    about_all = [Line(str(error)) for form in forms for error in form.non_field_errors()]
    return about_all + [
        Line(" ".join(map(str, field.errors)), str(field.label), _focusable_id(field))
        for form in forms
        for field in form.visible_fields()
        if field.errors
    ]


@register.filter
def with_focus(field: BoundField) -> SafeString:
    """Return a field's control; if it is the form's first wrong one, it has the focus.

    Browsers scroll to what has the focus, so its sentence is visible without JavaScript, too.
    """
    wrong = next((each for each in field.form.visible_fields() if each.errors), None)
    is_first = wrong is not None and wrong.name == field.name
    return field.as_widget(attrs={"autofocus": True} if is_first else None)


def _focusable_id(field: BoundField) -> str:
    """Return the id of a field's control; of the first one, if it is a list of buttons."""
    is_list = isinstance(field.field.widget, RadioSelect)
    return f"{field.auto_id}_0" if is_list else str(field.id_for_label)
