"""Recognize an imported file's columns by the names that people and other systems give them.

The names come from the files of 3CX, Yeastar, FusionPBX, RingCentral and Zoom, and from lists that
people keep in Excel, in English and Spanish.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

# The names of each column, the surest first, as `simplify_name` makes them. A name that could mean
# something else, such as "name", "number" or "address" alone, isn't here.
NAMES: Mapping[str, str] = {
    "First name": "firstname givenname forename nombre",
    "Last name": "lastname surname familyname apellido apellidos",
    "Email": "email emailaddress useremail mail mailaddress primaryemail workemail voicemailmailto"
    " correo correoelectronico",
    "Extension": "extension extensionnumber ext extnumber extno userextension zoomphoneextnumber"
    " sipextension interno numerodeextension",
    "Plan": "plan userplan",
    "Caller ID": "callerid outboundcallerid outboundcalleridnumber calleridnumber outgoingcallerid"
    " outboundcid outgoingclid callernumber identificadordellamadas numerosaliente",
    "Role": "role userrole rol",
    "MAC": "mac macaddress macaddr devicemacaddress devicemac deviceaddress phonemac"
    " phonemacaddress ethernetaddress direccionmac",
    "Model": "model phonemodel devicemodel modelname makemodel phonemakemodel devicetype"
    " devicetemplate phonetemplate modelo",
    "Vendor": "vendor devicevendor brand make manufacturer marca fabricante",
    "Label": "label devicelabel phonelabel devicename phonename etiqueta",
    "Kind": "kind phonekind phonetype tipodetelefono",
    "Assigned extension": "assignedextension assignedext assigneeextension extension"
    " extensionnumber ext extnumber userextension extensionasignada interno",
    # Names that say whose they are, because a list of people's phones may have an extension and a
    # caller ID too.
    "Own extension": "ownextension commonareaextension extensionpropia",
    "Caller number": "callernumber commonareacallernumber numerosalientepropio",
    "E911 address": "e911address e911 emergencyaddress emergencylocation 911address"
    " direccione911 direcciondeemergencia",
}
# Names that stand for a column only in the file of a system that also has the second column.
ONLY_WITH = {("number", "authid"): "Extension"}


class TwoColumns(ValueError):
    """Two columns of a file stand for the same thing; the text says which."""


def simplify_name(name: str) -> str:
    """Return a column's name as letters and digits: no case, accents, spaces or punctuation."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in letters if char.isalnum())


def match_columns(header: Sequence[str], wanted: Sequence[str]) -> list[str | None]:
    """Return for each cell of the header which of the wanted columns it names, if any.

    Raises TwoColumns if two cells name the same column equally well.
    """
    simple = [simplify_name(name) for name in header]
    columns: list[str | None] = [None] * len(header)
    for column in wanted:
        names = dict.fromkeys([simplify_name(column), *NAMES.get(column, "").split()])
        names |= {
            name: None
            for (name, beside), its in ONLY_WITH.items()
            if its == column and beside in simple
        }
        for name in names:
            places = [
                at for at, found in enumerate(simple) if found and found == name and not columns[at]
            ]
            if len(places) > 1:
                raise TwoColumns(
                    _("The column “%(column)s” appears %(times)d times.")
                    % {"column": column, "times": len(places)}
                )
            if places:
                columns[places[0]] = column
                break
    return columns
