"""What acts on a person are about, as menus name it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PERSON = _("Person and plan")
SIGN_IN = _("Sign-in")
LEAVING = _("When someone leaves")
