"""People who fill in one form after another, and the check that all of it is on record."""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any

import psycopg
from django.db import transaction
from django.db.models import Model
from psycopg.rows import dict_row

from phones.models import Phone, PhoneModel
from tests import factories
from tests.changes import on_record
from tests.changes.tables import KEPT, TRACKED, Row, key_of, table_of
from users.models import Account, User
from users.tenancy import history, scope

HIDDEN = re.compile(r'name="(seen|key)"\s+value="(\w+)"')
CALLER_ID = "+14155550100"
LEAST = 50  # the fewest changes that a run must make


def rows(owner: psycopg.Connection) -> dict[tuple[type[Model], int], Row]:
    """Return all tracked rows as they are now."""
    found = {}
    with owner.cursor(row_factory=dict_row) as cursor:
        for model in TRACKED:
            names = ", ".join(KEPT[model])
            for row in cursor.execute(f"SELECT {names} FROM {table_of(model)}"):
                found[model, row[key_of(model)]] = row
    owner.commit()
    return found


class Busy:
    """A user who sends one form after another about whatever exists by then."""

    FORMS: list[str] = []

    def __init__(self, client, account: Account, who: User, seed: int) -> None:
        self.client, self.account, self.who = client, account, who
        self.rng, self.number = random.Random(seed), count(1)
        self.turns = self.rng.sample(self.FORMS, k=len(self.FORMS))
        factories.caller_number(account, CALLER_ID)
        for n in range(24):
            person = (
                factories.person(account, f"Uma{n}", "Ulm", ext=str(500 + n)) if n % 2 else None
            )
            factories.phone(account, person, label="" if n % 3 else f"Desk of old {n}")
        for n in range(6):
            factories.person(account, f"Wyn{n}", "Wolf", plan=["basic", "pro"][n % 2])
        with transaction.atomic(), scope.entered(scope="sign_in"):
            client.force_login(who)

    def keys(self, model: type[Model], **which: Any) -> list[int]:
        with transaction.atomic(), scope.entered(account_id=self.account.pk):
            return list(
                model.objects.filter(account_id=self.account.pk, **which)
                .order_by("pk")
                .values_list("pk", flat=True)
            )

    def phone(self, **which: Any) -> int:
        return self.rng.choice(self.keys(Phone, retired_at=None, **which))

    def person(self, **which: Any) -> int:
        """Return another person like this, or if there is none, any other person."""
        others = [key for key in self.keys(User, **which) if key != self.who.pk]
        return self.rng.choice(others) if others else self.person()

    def unasked(self, url: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Return what the form on a page sends besides what a person answers (R42)."""
        chosen = {name: fields[name] for name in ("to", "moves") if name in fields}
        page = self.client.get(url, chosen or None).content.decode()
        return dict(HIDDEN.findall(page))

    def device(self) -> dict[str, str]:
        with transaction.atomic():
            model = self.rng.choice(list(PhoneModel.objects.values_list("pk", flat=True)))
        return {"mac": f"805ec1{next(self.number):06x}", "model": str(model)}

    def someone(self) -> dict[str, str]:
        n = next(self.number)
        return {
            "first_name": f"Pat{n}",
            "last_name": "O’Hara",
            "email": f"pat{n}@example.com",
            "ext": str(700 + n),
            "caller_id": CALLER_ID,
        }

    def one(self) -> tuple[str, str, dict[str, str]]:
        """Return the name of the next form, its URL, and what it sends."""
        form = self.turns.pop(0)
        self.turns.append(form)
        url, fields = getattr(self, form)()
        return form, url, self.unasked(url, fields) | fields


def forms(names: list[str]) -> list[str]:
    return sorted(name for name in names if name.startswith("do_"))


class Administrator(Busy):
    """An administrator on the pages of their account."""

    def do_add(self):
        return "/phones/add/", self.device() | {
            "label": f"New {next(self.number)}",
            "kind": self.rng.choice(["user", "common"]),
        }

    def do_label(self):
        return f"/phones/{self.phone()}/label/", {
            "label": self.rng.choice(["", f"Desk {next(self.number)}", "Same"])
        }

    def do_correct(self):
        return f"/phones/{self.phone()}/correct/", self.device()

    def do_replace(self):
        return f"/phones/{self.phone()}/replace/", self.device()

    def do_remove(self):
        return f"/phones/{self.phone()}/remove/", {}

    def do_assign(self):
        to = self.rng.choice(["nobody", *map(str, self.keys(User, can_have_phone=True))])
        return f"/phones/{self.phone(kind='user')}/assigned/", {"to": to}

    def do_moves(self):
        return "/phones/moves/", {
            "moves": f"{self.phone(kind='user')}-{self.person()},{self.phone(kind='user')}-"
        }

    def do_address(self):
        url, street = f"/phones/{self.phone()}/address/", f"{self.rng.randint(1, 200)} Gold St"
        typed = {
            "country": "US",
            "street": street,
            "floor": "2",
            "city": "New York",
            "state": "NY",
            "postal_code": "10038",
        }
        page = self.client.post(url, typed).content.decode()
        chosen = html.unescape(re.search(r'name="chosen" value="([^"]+)"', page)[1])
        return url, dict(HIDDEN.findall(page)) | {"chosen": chosen}

    def do_add_person(self):
        return "/users/add/", self.someone() | {"plan": self.rng.choice(["basic", "plus", "pro"])}

    def do_edit(self):
        plan = {"plan": self.rng.choice(["basic", "plus", "pro"])}
        return f"/users/{self.person()}/edit/", self.someone() | plan

    def do_plan(self):
        return f"/users/{self.person()}/plan/", {"plan": self.rng.choice(["basic", "plus", "pro"])}

    def do_deactivate(self):
        return f"/users/{self.person(phone=None, is_active=True)}/deactivate/", {}

    def do_activate(self):
        return f"/users/{self.person(is_active=False)}/activate/", {}

    def do_make_administrator(self):
        return f"/users/{self.person(is_administrator=False)}/make-administrator/", {}

    def do_remove_administrator(self):
        return f"/users/{self.person(is_administrator=True)}/remove-administrator/", {}

    def do_delete(self):
        return f"/users/{self.person()}/delete/", {}

    def do_renew(self):
        return f"/users/{self.person()}/credentials/change/", {}

    def do_company(self):  # Alice has a second factor, so she isn't asked to set one up
        return "/company/", self.rng.choice([{}, {"second_factor_required": "on"}])

    FORMS = forms(dir())


class Support(Busy):
    """A support agent in Django admin, who gives a reason for everything."""

    REASON = "The customer called"

    def on_phone(self, act: str, **fields: str) -> tuple[str, dict[str, str]]:
        kind = {"kind": "user"} if act == "assign" else {}
        return f"/admin/phones/phone/{self.phone(**kind)}/{act}/", {"reason": self.REASON} | fields

    def on_person(
        self, act: str, which: Mapping[str, Any] | None = None, **fields: str
    ) -> tuple[str, dict[str, str]]:
        person = self.person(**which or {})
        return f"/admin/users/user/{person}/{act}/", {"reason": self.REASON} | fields

    def do_assign(self):
        return self.on_phone(
            "assign",
            to=self.rng.choice(["nobody", *map(str, self.keys(User, can_have_phone=True))]),
        )

    def do_correct(self):
        return self.on_phone("correct", **self.device())

    def do_replace(self):
        return self.on_phone("replace", **self.device())

    def do_move(self):
        url, fields = self.on_phone("move")
        return f"{url}?to={factories.account().pk}", fields | {"reason_there": self.REASON}

    def do_make_common_area(self):
        line = {"label": f"Place {next(self.number)}", "ext": "", "caller_id": ""}
        return self.on_phone("make-common-area", **line)

    def do_make_user_phone(self):
        return self.on_phone("make-user-phone")

    def do_remove(self):
        return self.on_phone("remove")

    def do_plan(self):
        return self.on_person("plan", plan=self.rng.choice(["basic", "plus", "pro"]))

    def do_deactivate(self):
        return self.on_person("deactivate", {"phone": None, "is_active": True})

    def do_activate(self):
        return self.on_person("activate", {"is_active": False})

    def do_make_administrator(self):
        return self.on_person("make-administrator", {"is_administrator": False})

    def do_remove_administrator(self):
        return self.on_person("remove-administrator", {"is_administrator": True})

    def do_delete(self):
        return self.on_person("delete", {"phone": None})

    FORMS = forms(dir())


def watch(
    busy: Busy, owner: psycopg.Connection, *, rounds: int, context: dict[str, Any]
) -> Counter[str]:
    """Check that everything the user does is on record as theirs; count the changes by form."""
    effective: Counter[str] = Counter()
    for _n in range(rounds * len(busy.FORMS)):
        form, url, fields = busy.one()
        before, recorded = rows(owner), on_record(owner)
        response = busy.client.post(url, fields)
        after, now = rows(owner), on_record(owner)
        assert all(now[row][: len(versions)] == versions for row, versions in recorded.items())
        new = {row: versions[len(recorded.get(row, [])) :] for row, versions in now.items()}
        new = {row: versions for row, versions in new.items() if versions}
        assert {
            row for row in before.keys() | after.keys() if before.get(row) != after.get(row)
        } <= set(new), url
        for row, versions in new.items():
            follows(before.get(row), versions, after.get(row))
        assert all(version[2] == context for versions in new.values() for version in versions)
        assert len({version[3] for versions in new.values() for version in versions}) <= 1
        assert not (new and response.status_code >= 400)
        effective[form] += bool(new)
    return effective


def follows(before: Row | None, versions: list[tuple], after: Row | None) -> None:
    """Check that the versions lead from `before` to `after`, and each differs from the last."""
    for label, values, _context, _at in versions:
        if label == history.ADDED:
            assert before is None
        else:
            assert before is not None
            assert (label == history.DELETED) == (before == values)
        before = None if label == history.DELETED else values
    assert before == after
