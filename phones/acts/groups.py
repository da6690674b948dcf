"""What can be done with a phone, by what it is about, as menus name it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PLACE = _("Who has it, and where")
DEVICE = _("The phone itself")
RECORDS = _("Records")
LEAVING = _("Out of use")
