"""Make demo data: the demo company of an empty installation, and accounts of any size, fast."""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from e911.models import EmergencyAddress, Status
from phoneadmin.demo_data import (
    COMMON_AREA,
    COMPANY,
    LAST_NAMES,
    LINES_OF_PLACES,
    OFFICES,
    PEOPLE,
    PHONES,
    TRADES,
    WITH_PENDING_ADDRESS,
    WITHOUT_ADDRESS,
)
from phoneadmin.demo_inventions import (
    draw_extensions,
    invent_label,
    invent_person,
    make_mac_prefix,
    simplify_name,
)
from phones.importing import Source, import_company
from phones.lifecycle import OWN_ACCOUNTS, set_line_of_place
from phones.models import Kind, Phone, PhoneModel
from users import sip
from users.models import Account, CallerNumber, SipAccount, User
from users.numbers import add_unconfirmed
from users.tenancy import scope

ACCOUNT = ("id", "name", "created_at")
USER = (
    "id", "account_id", "email", "first_name", "last_name", "ext", "plan", "caller_id", "password",
    "is_administrator", "is_staff", "is_superuser", "is_active", "created_at",
)  # fmt: skip
LINE = (
    "account_id", "kind", "user_id", "phone_id", "username", "ha1", "key_fingerprint", "changed_at",
)  # fmt: skip
PHONE = (
    "id", "account_id", "kind", "model_id", "mac", "label", "assigned_to_id", "current_address_id",
    "search", "model_name", "created_at",
)  # fmt: skip
STREET = (
    "house_number", "pre_directional", "street_type_before", "street_name", "street_type",
    "post_directional",
)  # fmt: skip
ADDRESS = tuple(
    field.column
    for field in EmergencyAddress._meta.concrete_fields
    if field.column and not (field.null or field.generated or field.has_db_default())
)


def make_company() -> bool:
    """Make the demo company with its administrator and a support agent, unless any account exists.

    Return whether it was made. One transaction makes everything, so an interrupted start can begin
    again.
    """
    (_role, admin_email, admin_password), (_role, support_email, support_password) = (
        settings.DEMO_SIGN_INS
    )
    with transaction.atomic(), scope.entered(scope="support"):
        if Account.objects.exists():
            return False
        import_company(
            name=COMPANY,
            users=Source("people", PEOPLE.replace("ADMINISTRATOR", admin_email).encode()),
            phones=Source("phones", PHONES.encode()),
        )
        give_lines_to_places()
        CallerNumber.objects.update(confirmed_at=timezone.now())
        administrator = User.objects.get(email=admin_email)
        administrator.set_password(admin_password)
        administrator.save(update_fields=["password"])
        agent = User(
            email=support_email, first_name="Sam", last_name="Carter", is_staff=True, may_act=True
        )
        agent.set_password(support_password)
        agent.save()
        assigned = Phone.objects.filter(assigned_to__isnull=False).select_related("assigned_to")
        addressed = [
            (phone, OFFICES[(phone.assigned_to.caller_id or "")[2:5]], place)
            for place, phone in enumerate(assigned.order_by("assigned_to__ext_number"))
            if place not in WITHOUT_ADDRESS and phone.assigned_to
        ]
        addresses = EmergencyAddress.objects.bulk_create(
            EmergencyAddress(
                account_id=phone.account_id,
                phone=phone,
                set_by=administrator,
                status=Status.PENDING if place == WITH_PENDING_ADDRESS else Status.ACCEPTED,
                **build_civic_address(office | {"floor": str(2 + place % 4)}),
            )
            for phone, office, place in addressed
        )
        current = [address for address in addresses if address.status == Status.ACCEPTED]
        for address in current:
            address.phone.current_address = address
        Phone.objects.bulk_update([address.phone for address in current], ["current_address"])
    return True


def give_lines_to_places() -> None:
    """Give the demo company's common-area phones their extensions and caller numbers."""
    for phone in Phone.objects.filter(kind=Kind.COMMON):
        ext, number = LINES_OF_PLACES[phone.label]
        add_unconfirmed(account_id=phone.account_id, numbers=[number] if number else [])
        set_line_of_place(phone, label=phone.label, ext=ext, caller_id=number)


def build_civic_address(parts: dict[str, str]) -> dict[str, str]:
    """Build a civic address from its parts, with the line they make."""
    within = " ".join(filter(None, (parts.get("unit_type"), parts.get("unit"))))
    lines = (
        " ".join(parts[name] for name in STREET if name in parts),
        within,
        f"Floor {parts['floor']}",
        parts["city"],
        f"{parts['state']} {parts['postal_code']}",
    )
    line = ", ".join(filter(None, lines))
    return parts | {"standardised": line, "typed": line}


def make_accounts(
    *,
    accounts: int,
    phones: int,
    users: int,
    assigned: float = 0.9,
    missing: float = 0.02,
    seed: int = 0,
) -> list[str]:
    """Make accounts of the given sizes, and return their administrators' emails.

    `assigned` is the share of user phones that are assigned, `missing` the share of assigned phones
    without an E911 address. The first user is the administrator. The owner's role writes everything
    with COPY: row-level security doesn't apply to it, all other rules of the database do. Raises
    ValueError if the numbers contradict each other.
    """
    if users < 1:
        raise ValueError(_("Every account needs somebody to administer it: at least one user."))
    if users < count_assigned(phones, assigned):
        raise ValueError(
            _("%(phones)d phones of each account are to be assigned, but it has %(users)d users.")
            % {"phones": count_assigned(phones, assigned), "users": users}
        )
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table, columns in (("phones_phone", PHONE), ("e911_emergencyaddress", ADDRESS)):
            cursor.execute(
                f"CREATE TEMPORARY TABLE new_{table} ON COMMIT DROP AS SELECT {', '.join(columns)}"
                f" FROM {table} LIMIT 0"
            )
        password = make_password(settings.DEMO_PASSWORD)
        administrators = [
            fill_account(
                cursor,
                account_id,
                random.Random(f"{seed}/{account_id}"),
                password=password,
                phones=phones,
                users=users,
                assigned=assigned,
                missing=missing,
            )
            for account_id in reserve_keys(cursor, "users_account", accounts)
        ]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "VACUUM (ANALYZE) users_account, users_user, users_sipaccount, phones_phone,"
            " phones_phonecount, phones_provisioning, e911_emergencyaddress"
        )
    return administrators


def fill_account(
    cursor: CursorWrapper,
    account_id: int,
    rng: random.Random,
    *,
    password: str,
    phones: int,
    users: int,
    assigned: float,
    missing: float,
) -> str:
    """Write one account with its users and phones; return its administrator's email."""
    name = f"{rng.choice(LAST_NAMES)} {rng.choice(TRADES)} {account_id}"
    domain = simplify_name(name, "-") + ".example"
    copy_rows(cursor, "users_account", ACCOUNT, [(account_id, name, timezone.now())])
    receiving = count_assigned(phones, assigned)
    about = {"domain": domain, "password": password}
    user_ids = fill_users(cursor, account_id, rng, users=users, receiving=receiving, **about)
    fill_phones(
        cursor, account_id, rng, phones=phones, receivers=user_ids[:receiving], missing=missing
    )
    return f"admin@{domain}"


def fill_users(
    cursor: CursorWrapper,
    account_id: int,
    rng: random.Random,
    *,
    domain: str,
    password: str,
    users: int,
    receiving: int,
) -> list[int]:
    """Write an account's users with their SIP credentials, and return their keys.

    The first user is the administrator; the first `receiving` users can have a phone.
    """
    now = timezone.now()
    user_ids = reserve_keys(cursor, "users_user", users)
    people = [
        User(
            pk=pk,
            account_id=account_id,
            ext=ext,
            created_at=now,
            **invent_person(rng, pk, domain, complete=place < receiving),
        )
        for place, (pk, ext) in enumerate(zip(user_ids, draw_extensions(rng, users), strict=True))
    ]
    administrator = people[0]
    administrator.email = f"admin@{domain}"
    administrator.is_administrator = True
    administrator.password = password
    numbers = {person.caller_id for person in people if person.caller_id}
    named = [(account_id, number) for number in sorted(numbers)]
    copy_rows(cursor, "users_callernumber", ("account_id", "e164"), named)
    copy_rows(cursor, "users_user", USER, extract_columns(people, USER))
    lines = [
        sip.make_account(SipAccount.Kind.PERSON, account_id=account_id, user_id=person.pk)
        for person in people
        if person.has_line
    ]
    copy_lines(cursor, lines)
    return user_ids


def copy_lines(cursor: CursorWrapper, lines: list[SipAccount]) -> None:
    """Write SIP accounts."""
    now = timezone.now()
    for each in lines:
        each.changed_at = now
    copy_rows(cursor, "users_sipaccount", LINE, extract_columns(lines, LINE))


def fill_phones(
    cursor: CursorWrapper,
    account_id: int,
    rng: random.Random,
    *,
    phones: int,
    receivers: list[int],
    missing: float,
) -> None:
    """Write an account's phones with their E911 addresses; each of `receivers` gets one phone."""
    now = timezone.now()
    common = round(phones * COMMON_AREA)
    places = [(Kind.COMMON, None)] * common + [(Kind.USER, pk) for pk in receivers]
    places += [(Kind.USER, None)] * (phones - len(places))
    rng.shuffle(places)
    lacking = set(rng.sample(receivers, round(len(receivers) * missing)))
    address_ids = iter(reserve_keys(cursor, "e911_emergencyaddress", len(receivers) - len(lacking)))
    models = list(PhoneModel.objects.using("owner"))
    desks, addresses = [], []
    for number, (pk, (kind, holder)) in enumerate(
        zip(reserve_keys(cursor, "phones_phone", phones), places, strict=True), 1
    ):
        address_id = None
        if holder and holder not in lacking:
            address_id = next(address_ids)
            addresses.append(invent_address(rng, address_id, account_id, phone_id=pk, set_at=now))
        model = rng.choice(models)
        desks.append(
            Phone(
                pk=pk,
                account_id=account_id,
                kind=kind,
                model_id=model.pk,
                # The multiplier spreads keys over all of a maker's addresses, each to its own.
                mac=f"{make_mac_prefix(model.family):06x}{pk * 0x9E3779 % 2**24:06x}",
                label=invent_label(rng, kind, number),
                assigned_to_id=holder,
                current_address_id=address_id,
                created_at=now,
            )
        )
    copy_rows(cursor, "new_phones_phone", PHONE, extract_columns(desks, PHONE))
    copy_rows(cursor, "new_e911_emergencyaddress", ADDRESS, extract_columns(addresses, ADDRESS))
    # A phone and its address point at each other, so one statement must write both: PostgreSQL
    # checks foreign keys at the end of a statement.
    cursor.execute(
        f"WITH phone AS ({build_insert('phones_phone', PHONE)})"
        f" {build_insert('e911_emergencyaddress', ADDRESS)};"
        " TRUNCATE new_phones_phone, new_e911_emergencyaddress"
    )
    copy_lines(
        cursor,
        [
            sip.make_account(OWN_ACCOUNTS[Kind(desk.kind)], account_id=account_id, phone_id=desk.pk)
            for desk in desks
            if desk.assigned_to_id is None
        ],
    )


def invent_address(
    rng: random.Random, pk: int, account_id: int, *, phone_id: int, set_at: datetime
) -> EmergencyAddress:
    """Invent an accepted E911 address at one of the offices."""
    parts = rng.choice(list(OFFICES.values())) | {
        "house_number": str(rng.randrange(1, 9999)),
        "floor": str(rng.randrange(1, 30)),
    }
    return EmergencyAddress(
        pk=pk,
        account_id=account_id,
        phone_id=phone_id,
        status=Status.ACCEPTED,
        set_at=set_at,
        **build_civic_address(parts),
    )


def count_assigned(phones: int, assigned: float) -> int:
    """Count how many of these phones are assigned."""
    return round((phones - round(phones * COMMON_AREA)) * assigned)


def reserve_keys(cursor: CursorWrapper, table: str, count: int) -> list[int]:
    """Reserve keys that no other row of the table will get."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, count],
    )
    return [key for (key,) in cursor.fetchall()]


def extract_columns(objects: Iterable[Model], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield these columns of each object."""
    return map(operator.attrgetter(*columns), objects)


def copy_rows(
    cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows to a table with COPY."""
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


def build_insert(table: str, columns: Sequence[str]) -> str:
    """Build the statement that fills a table from its temporary one."""
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM new_{table}"
