"""Northwind's files, and how tests import a company and read the report."""

from collections import Counter
from pathlib import Path

from phones.importing import Source, import_company

DATA = Path(__file__).parent.parent / "data"
USERS = (DATA / "northwind_users.csv").read_text()
PHONES = (DATA / "northwind_phones.csv").read_text()
BAD_PHONES = (DATA / "northwind_phones_bad.csv").read_text()
GOOD = {"users": USERS.replace(",112,", ",131,"), "phones": PHONES.replace(",112\n", ",131\n")}

USER = "First name,Last name,Email,Extension,Plan,Caller ID,Role\n"
PHONE = "MAC,Model,Label,Kind,Assigned extension\n"
MODEL = "Yealink SIP-T46U"
ANNA = "Anna,Ek,anna@acme.example,105,Pro,+14155550100,\n"


def bring_in(name="Acme", *, users=None, phones=None, skip_bad=False):
    sources = {
        kind: Source(f"{kind}.csv", text if isinstance(text, bytes) else text.encode())
        for kind, text in (("users", users), ("phones", phones))
        if text is not None
    }
    return import_company(name=name, skip_bad=skip_bad, **sources)


def outcomes(verdicts):
    return dict(Counter(verdict.outcome.value for verdict in verdicts))


def told(report):
    """Return everything that was refused: file, line, column, value, reason."""
    return [
        (v.file, v.line, p.column, p.value, p.reason) for v in report.refused for p in v.problems
    ]


def reasons(report):
    return [(column, reason) for _, _, column, _, reason in told(report)]
