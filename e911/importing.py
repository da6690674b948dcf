"""Read and store the E911 addresses in an imported file of phones (R57)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from e911 import records
from e911.addresses import parsing
from e911.addresses.civic import CivicAddress
from e911.models import EmergencyAddress, Status
from phones.import_addresses import Reading
from phones.models import Phone


class ImportedAddresses:
    """The addresses of an import; phones.import_addresses says what each method is for."""

    def read(self, text: str) -> Reading:
        """Read an address as `check_addresses` does; one with hints is accepted."""
        reading = parsing.read_text(text)
        said = " ".join(dict.fromkeys(finding.sentence for finding in reading.findings))
        if reading.verdict == "refused":
            return Reading(None, "", reason=said)
        if reading.verdict == "choose":  # none is chosen unasked (R29)
            first, second = (each.standardised for each in reading.addresses)
            asked = _(
                "This can be read in two ways: %(first)s; or %(second)s. Enter the right one."
            )
            return Reading(None, "", reason=asked % {"first": first, "second": second})
        return Reading(reading.address, reading.address.standardised, hint=said)

    def find(self, phones: Collection[Phone]) -> Mapping[int, set[str]]:
        """Return the addresses in force and those that wait for the provider."""
        found: dict[int, set[str]] = defaultdict(set)
        versions = EmergencyAddress.objects.filter(
            phone__in=phones, status__in=[Status.ACCEPTED, Status.PENDING]
        )
        for phone_id, text in versions.values_list("phone_id", "standardised"):
            found[phone_id].add(text)
        return found

    def store(self, *, phone: Phone, address: CivicAddress, typed: str) -> None:
        """Set the address of a phone, as someone does who confirms it on the page."""
        records.set_address(phone=phone, address=address, typed=typed, by=None)
