"""The E911 column of a list of phones is imported, also that of our own download (R57)."""

import pytest
from django.core.management import call_command

from e911.models import EmergencyAddress, Status
from phones.models import Kind, Phone
from phones.phone_list import UserPhones
from phones.rows import build_export_row
from phones.spreadsheet import write_phones_csv
from tests import factories
from tests.phones.importing import MODEL, bring_in, outcomes, reasons
from users.tenancy import scope

from .record_steps import FIFTH, GOLD, address_in_force, set_address, take_jobs

HEAD = "MAC,Model,Label,Kind,E911 address\n"
ADDRESS = "200 Harbor Way, Suite 4, Portland, OR 97209"


def row(mac="805ec04d2107", label="Dock", kind="user", address=GOLD.standardised):
    return f'{mac},{MODEL},{label},{kind},"{address}"\n'


def test_address_comes_in_with_its_phone(acme):
    report = bring_in(phones=HEAD + row())
    assert outcomes(report.phones) == {"added": 1} and not report.notes
    version = Phone.objects.get().current_address
    assert (version.standardised, version.status, version.typed, version.set_by) == (
        GOLD.standardised,
        Status.ACCEPTED,
        GOLD.standardised,
        None,
    )
    assert (version.floor, version.street_name, take_jobs()) == ("2", "Gold", [])


@pytest.mark.parametrize("kind", Kind.values)
def test_address_waits_for_the_provider(play, acme, kind):
    bring_in(phones=HEAD + row(kind=kind))
    version = EmergencyAddress.objects.get()
    assert (version.status, Phone.objects.get().current_address) == (Status.PENDING, None)
    assert take_jobs() == [("register", {"account_id": acme.pk, "address_id": version.pk})]


def test_download_imports_again_without_loss(acme, other, alice):
    desk = factories.phone(acme, label="Desk")
    set_address(desk, FIFTH, alice)
    factories.phone(acme, label="Bare")
    queries = UserPhones(account_id=acme.pk).list_all_rows()
    rows = [build_export_row(phone) for query in queries for phone in query]
    text = "".join(write_phones_csv(rows))
    assert FIFTH.standardised in text
    assert outcomes(bring_in(phones=text).phones) == {"unchanged": 2}
    Phone.objects.all().update(retired_at="2026-01-01T00:00Z")
    assert outcomes(bring_in("Other", phones=text).phones) == {"added": 2}
    with scope.entered(account_id=other.pk):
        new = Phone.objects.get(label="Desk")
        assert address_in_force(new) == FIFTH.standardised


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("here", ""),
        ("Gold St, New York, NY 10038", "house number"),
        ("PO Box 12, Portland, OR 97209", ""),
        ("10 Downing St, London SW1A 2AA, UK", ""),
    ],
)
def test_address_that_cannot_be_stored_is_refused_with_the_reason(acme, address, said):
    report = bring_in(phones=HEAD + row(address=address))
    [(column, reason)] = reasons(report)
    assert column == "E911 address" and said in reason and reason
    assert not Phone.objects.exists() and not EmergencyAddress.objects.exists()


def test_address_of_a_row_refused_for_another_reason_is_not_stored(acme):
    report = bring_in(phones=HEAD + row(mac="12") + row(), skip_bad=True)
    assert [column for column, _ in reasons(report)] == ["MAC"]
    assert EmergencyAddress.objects.count() == 1


def test_doubt_about_an_address_is_told(acme):
    report = bring_in(phones=HEAD + row(address="100 Gold, New York, NY 10038"))
    assert outcomes(report.phones) == {"added": 1}
    [note] = report.notes
    assert note.startswith("phones.csv line 2: check its E911 address: ")


def test_phone_with_another_address_is_refused_and_not_changed(acme, alice):
    phone = factories.phone(acme, label="Dock", mac="805ec04d2107", model=MODEL)
    [(column, reason)] = reasons(bring_in(phones=HEAD + row()))
    assert column == "E911 address" and "with nothing in this column" in reason
    set_address(phone, FIFTH, alice)
    [(column, reason)] = reasons(bring_in(phones=HEAD + row()))
    assert column == "E911 address" and f"with “{FIFTH.standardised}”" in reason
    assert address_in_force(phone) == FIFTH.standardised


def test_same_address_written_otherwise_agrees(acme, alice):
    phone = factories.phone(acme, label="Dock", mac="805ec04d2107", model=MODEL)
    set_address(phone, GOLD, alice)
    typed = "100 Gold St; Floor 2\u00a0; New York NY 10038".replace(";", ",")
    for address in ("", GOLD.standardised.replace(" ", "\u00a0"), typed):
        assert outcomes(bring_in(phones=HEAD + row(address=address)).phones) == {"unchanged": 1}


def test_waiting_address_agrees_too(play, acme, alice):
    phone = factories.phone(acme, label="Dock", mac="805ec04d2107", model=MODEL)
    set_address(phone, GOLD, alice)
    assert outcomes(bring_in(phones=HEAD + row()).phones) == {"unchanged": 1}


def test_one_column_of_addresses_is_checked_whole(tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text(f"Address\n{ADDRESS}\n{GOLD.standardised}\n")
    call_command("check_addresses", source, column="Address")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f'"{ADDRESS}",accepted,')
    assert lines[2].startswith(f'"{GOLD.standardised}",accepted,')
