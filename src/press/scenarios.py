"""Scenarios: named values for the parameters of a chapter that asks what if, read from the data package and checked.

Three tables, all optional: ``scenario_parameters`` (what may be set, and in which range), ``scenarios`` (named, with a
sentence) and ``scenario_values`` (what each scenario sets; the rest keeps the chapter's default).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from press.errors import ChapterError, DataError, nearest
from press.notebooks import ChapterFile, chapters
from press.package import Package
from press.parameters import declared_parameters

TABLES = ("scenario_parameters", "scenarios", "scenario_values")
BASES = ("evidence", "assumption")
#: The parameter by which a chapter is told its scenario's id; a chapter that declares it is a scenario chapter.
SCENARIO = "scenario"


@dataclass(frozen=True)
class Parameter:
    """What may be set: ``low`` to ``high`` is where evidence puts it, ``minimum`` to ``maximum`` what is allowed."""

    id: str
    title: str
    unit: str
    low: float
    central: float
    high: float
    minimum: float
    maximum: float
    basis: str
    rows: tuple[str, ...]
    note: str

    @property
    def range(self) -> str:
        """What may be set, in words: ``100 to 900 USD/t``."""
        return f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()

    def holds(self, value: float) -> bool:
        """Say whether the value may be set."""
        return self.minimum <= value <= self.maximum


@dataclass(frozen=True)
class Setting:
    """One value that a scenario sets."""

    parameter: Parameter
    value: float
    basis: str
    rows: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Scenario:
    """One row of the table ``scenarios`` with what it sets, in the order of the parameters."""

    id: str
    title: str
    sentence: str
    basis: str
    rows: tuple[str, ...]
    note: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Scenarios:
    """The three tables. Parameters and scenarios stand in the order of their files."""

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)

    def parameters_of(self, scenario: str) -> dict[str, Any]:
        """Return what a chapter is run with for a scenario: its id and the values that it sets.

        Raises ChapterError with the nearest name if there is no such scenario.
        """
        if scenario not in self.scenarios:
            raise ChapterError(f"there is no scenario '{scenario}'{nearest(scenario, self.scenarios)}")
        return {SCENARIO: scenario} | {s.parameter.id: s.value for s in self.scenarios[scenario].settings}

    def told(self, parameters: Mapping[str, Any]) -> str:
        """Say in words what a chapter is run with."""
        words = []
        for name, value in parameters.items():
            if name == SCENARIO and value in self.scenarios:
                words.append(f"scenario: {self.scenarios[value].title}")
            elif name in self.parameters:
                words.append(f"{self.parameters[name].title}: {value:,g} {self.parameters[name].unit}".rstrip())
            else:
                words.append(f"{name}: {value}")
        return "; ".join(words) or "every parameter as published"

    def assume(self, chapter: ChapterFile, scenario: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a chapter is run with: a scenario's values, and over them what a reader gives.

        Raises ChapterError for an unknown scenario or parameter, a value of the wrong type or out of range; the
        message names the nearest parameter and the range.
        """
        declared = declared_parameters(chapter)
        if scenario is not None and SCENARIO not in declared:
            raise ChapterError(f"{chapter.place}: declares no parameter '{SCENARIO}', so it cannot run a scenario")
        if SCENARIO in given and self.scenarios:
            raise ChapterError(f"{chapter.place}: a scenario is named with --scenario, which sets its values too")
        for name in given:
            if name not in declared:
                raise ChapterError(f"{chapter.place}: there is no parameter '{name}'{self._nearest(name, declared)}")
        values = {name: self._checked(chapter, name, value) for name, value in given.items()}
        return (self.parameters_of(scenario) if scenario is not None else {}) | values

    def _nearest(self, name: str, declared: Iterable[str]) -> str:
        close = difflib.get_close_matches(name, sorted(declared), n=1)
        if close and close[0] in self.parameters:
            return f"{nearest(name, declared)} It takes {self.parameters[close[0]].range}"
        return nearest(name, declared)

    def _checked(self, chapter: ChapterFile, name: str, value: Any) -> Any:
        """Return a value as the chapter gets it. What the table does not know is the chapter's to judge."""
        parameter = self.parameters.get(name)
        if parameter is None:
            return value
        expected = f"expected a number from {parameter.range}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ChapterError(f"{chapter.place}: the parameter '{name}' is {value!r}; {expected}")
        if not parameter.holds(value):
            raise ChapterError(f"{chapter.place}: the parameter '{name}' is {value:g}; {expected}")
        return float(value)


def scenario_chapters(root: Path) -> list[ChapterFile]:
    """Return the chapters that declare the parameter ``scenario``."""
    return [chapter for chapter in chapters(root) if SCENARIO in declared_parameters(chapter)]


def load_scenarios(package: Package) -> Scenarios:
    """Load and check the three tables; empty if the package has none of them.

    Raises DataError with every fault, a line each: file, row, field, found, expected.
    """
    present = [table for table in TABLES if table in package.resources]
    if not present:
        return Scenarios()
    missing = [table for table in TABLES if table not in present]
    if missing:
        raise DataError(f"there is a table '{present[0]}' and no table '{missing[0]}'; expected {', '.join(TABLES)}")
    reader = _Reader(package)
    parameters = {row["id"]: reader.parameter(place, row) for place, row in reader.rows("scenario_parameters")}
    named = dict(reader.scenario_row(place, row) for place, row in reader.rows("scenarios"))
    settings: dict[str, dict[str, Setting]] = {scenario: {} for scenario in named}
    for place, row in reader.rows("scenario_values"):
        reader.setting(place, row, parameters, settings)
    if reader.faults:
        raise DataError("\n".join(reader.faults))
    return Scenarios(
        parameters,
        {
            id: Scenario(id=id, settings=tuple(settings[id][p] for p in parameters if p in settings[id]), **about)
            for id, about in named.items()
        },
    )


class _Reader:
    """Reads rows and collects what is wrong with them."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._evidence = {
            row["id"]
            for name, resource in package.resources.items()
            if "source_id" in [described["name"] for described in resource["schema"]["fields"]]
            for row in package.rows(name)
        }
        self.faults: list[str] = []

    def rows(self, table: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each row with its place; one whose id stands on an earlier row is a fault and left out."""
        path, seen = f"data/{self._package.resource(table)['path']}", set()
        for number, row in enumerate(self._package.rows(table), 2):
            place = f"{path}, row {number}"
            if row["id"] in seen:
                self._fault(place, "id", row["id"], "each id once")
                continue
            seen.add(row["id"])
            yield place, row

    def parameter(self, place: str, row: dict[str, str]) -> Parameter:
        """Read a row of ``scenario_parameters``; numbers must be in order."""
        names = ("low", "central", "high", "minimum", "maximum")
        numbers = {name: self._number(place, row, name) for name in names}
        for low, high in (("minimum", "low"), ("low", "central"), ("central", "high"), ("high", "maximum")):
            if numbers[low] > numbers[high]:
                self._fault(place, low, row[low], f"at most {high}, which is {row[high]}")
        basis, rows = self._basis(place, row, evident=True)
        return Parameter(row["id"], row["title"], row["unit"], **numbers, basis=basis, rows=rows, note=row["note"])

    def scenario_row(self, place: str, row: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """Read a row of ``scenarios``: its id and what is said of it."""
        for name in ("title", "sentence"):
            if not row[name].strip():
                self._fault(place, name, "", "a text")
        basis, rows = self._basis(place, row, evident=False)
        about = {"title": row["title"], "sentence": row["sentence"], "note": row["note"]}
        return row["id"], about | {"basis": basis, "rows": rows}

    def setting(
        self,
        place: str,
        row: dict[str, str],
        parameters: Mapping[str, Parameter],
        settings: dict[str, dict[str, Setting]],
    ) -> None:
        """Read a row of ``scenario_values`` into ``settings``."""
        scenario, name = row["scenario"], row["parameter"]
        value = self._number(place, row, "value")
        basis, rows = self._basis(place, row, evident=True)
        if scenario not in settings:
            self._fault(place, "scenario", scenario, f"an id of scenarios{nearest(scenario, settings)}")
        elif name not in parameters:
            self._fault(place, "parameter", name, f"an id of scenario_parameters{nearest(name, parameters)}")
        elif name in settings[scenario]:
            self._fault(place, "parameter", name, f"each parameter once in the scenario '{scenario}'")
        elif not parameters[name].holds(value):
            self._fault(place, "value", row["value"], parameters[name].range)
        else:
            settings[scenario][name] = Setting(parameters[name], value, basis, rows, row["note"])

    def _number(self, place: str, row: dict[str, str], name: str) -> float:
        try:
            number = float(row[name])
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._fault(place, name, row[name], "a number with a decimal point")
        return number

    def _basis(self, place: str, row: dict[str, str], *, evident: bool) -> tuple[str, tuple[str, ...]]:
        """Read ``basis`` and ``rows`` (row ids of the package, with spaces, commas or semicolons between them)."""
        basis, rows = row["basis"], tuple(row["rows"].replace(",", " ").replace(";", " ").split())
        if basis not in BASES:
            self._fault(place, "basis", basis, f"one of {', '.join(BASES)}")
        elif evident and basis == "evidence" and not rows:
            self._fault(place, "rows", "", "the ids of the rows that are the evidence")
        for unknown in [id for id in rows if id not in self._evidence][:1]:
            self._fault(place, "rows", unknown, "ids of rows of the package")
        return basis, rows

    def _fault(self, place: str, name: str, found: str, expected: str) -> None:
        told = f"'{found}'" if found else "nothing"
        self.faults.append(f"{place}, field {name}: found {told}, expected {expected}")
