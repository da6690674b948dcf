"""What an address is made of, once understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# In an address "Ground" or "10" alone would tell nobody that it's a floor or a building.
NAMED_FLOOR = re.compile(
    "ground|main|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|top|lower|upper",
    re.IGNORECASE,
)
BUILDING_NUMBER = re.compile(r"[a-z]?-?\d{1,5}[a-z]?|[a-z]", re.IGNORECASE)


@dataclass(frozen=True)
class Remark:
    """Something that is no part of an address: its code, the dialog's field that it stands in, and
    what it says.
    """

    code: str
    field: str = ""
    text: str = ""


@dataclass(frozen=True)
class CivicAddress:
    """The parts of an address, named as EmergencyAddress names them (RFC 5139), and what else was
    noticed in it.
    """

    country: str = ""
    state: str = ""
    county: str = ""
    city: str = ""
    house_number: str = ""
    house_number_suffix: str = ""
    pre_directional: str = ""
    street_type_before: str = ""
    street_name: str = ""
    street_type: str = ""
    post_directional: str = ""
    building: str = ""
    floor: str = ""
    unit_type: str = ""
    unit: str = ""
    room: str = ""
    postal_code: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def number(self) -> str:
        """The whole house number, such as "12 1/2"."""
        return join_parts(self.house_number, self.house_number_suffix)

    @property
    def street(self) -> str:
        """The street with its kind and directions, such as "N Main St" or "rue Sainte-Catherine
        Ouest".
        """
        return join_parts(
            self.pre_directional,
            self.street_type_before,
            self.street_name,
            self.street_type,
            self.post_directional,
        )

    @property
    def street_line(self) -> str:
        """House number and street, as the dialog's street line has them."""
        return join_parts(self.number, self.street)

    @property
    def building_alone(self) -> str:
        """The building as it's shown below the heading "Building": "10" for "Building 10"."""
        return re.sub(r"^(?:building|bldg\b\.?)\s+(?=\S)", "", self.building, flags=re.IGNORECASE)

    @property
    def _full_building(self) -> str:
        is_number = BUILDING_NUMBER.fullmatch(self.building)
        return f"Building {self.building}" if is_number else self.building

    @property
    def _full_floor(self) -> str:
        if NAMED_FLOOR.fullmatch(self.floor):
            return f"{self.floor.capitalize()} floor"
        is_number = self.floor[:1].isdigit() or 0 < len(self.floor) < 3
        return f"Floor {self.floor}" if is_number else self.floor

    @property
    def standardised(self) -> str:
        """The address in one line: "100 Gold St, Floor 2, Suite 5, New York, NY 10038"."""
        inside = (
            self._full_building,
            self._full_floor,
            join_parts(self.unit_type, self.unit)
            if self.unit_type
            else self.unit and f"#{self.unit}",
            self.room and f"Room {self.room}",
        )
        return ", ".join(
            filter(
                None,
                (self.street_line, *inside, self.city, join_parts(self.state, self.postal_code)),
            )
        )


def join_parts(*parts: str) -> str:
    return " ".join(filter(None, parts))
