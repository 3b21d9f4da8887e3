"""Facts: named values that prose and verdicts use, each with its unit and the rows that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from press.periods import long_date

Value = float | int | str | None

#: Units of facts that are no quantity.
TEXT_UNITS = ("date", "text")


@dataclass(frozen=True)
class Fact:
    """A named value. ``rows`` are the ids of the rows of the data package that it was computed from."""

    name: str
    value: Value
    unit: str
    rows: tuple[str, ...]
    qualifier: str = "exact"

    def _ipython_display_(self) -> None:
        """Show nothing when a cell ends in a fact: stating it has shown it."""

    @property
    def text(self) -> str:
        """The value as prose writes it, with its hedge and its unit."""
        return format_value(self.value, self.unit, self.qualifier, unit_text=self.unit)


def format_value(value: Value, unit: str, qualifier: str = "exact", spec: str = "", unit_text: str = "") -> str:
    """Write a value for prose.

    Numbers get thousands separators and, unless ``spec`` (a Python format spec) says otherwise, no decimals when
    whole and one when not; dates are written out; a hedge such as ``over`` stands before the number.
    """
    if value is None:
        return "not known"
    if unit == "date":
        return long_date(str(value))
    if isinstance(value, str):
        return value
    number = format(value, spec or _default_spec(value))
    number = number.replace("-", "\N{MINUS SIGN}", 1) if number.startswith("-") else number
    hedge = "" if qualifier in ("exact", "unknown", "from", "to") else f"{qualifier} "
    if unit_text in TEXT_UNITS or not unit_text:
        return hedge + number
    if unit_text in ("percent", "%"):
        return f"{hedge}{number}%"
    return f"{hedge}{number}\N{NO-BREAK SPACE}{_singular(unit_text) if number == '1' else unit_text}"


def _default_spec(value: float) -> str:
    """Whole numbers without decimals, others with one, and two significant digits below 1."""
    if float(value).is_integer():
        return ",.0f"
    return ",.1f" if abs(value) >= 1 else ".2g"


def _singular(noun: str) -> str:
    """Return the singular of a plural that names what is counted (``countries``, ``persons``)."""
    if noun.endswith("ies"):
        return noun.removesuffix("ies") + "y"
    return noun.removesuffix("s") if noun.isalpha() else noun
