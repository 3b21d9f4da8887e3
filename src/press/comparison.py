"""Named scenarios side by side: a run of the scenario chapter for each, and the facts that were accepted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from press.errors import DataError
from press.jobs import Job
from press.package import Package
from press.records import Record, read_records
from press.scenarios import load_scenarios, scenario_chapters

#: The accepted facts of each scenario, by chapter, seen from the root.
RESULTS = "editions/scenarios.json"

#: By chapter: ``as_of`` and, under ``scenarios``, the facts of each scenario by name.
Comparison = dict[str, dict[str, Any]]


def scenario_jobs(root: Path, given: Mapping[str, Any], folder: Path, stems: Iterable[str] | None = None) -> list[Job]:
    """Return a job for each scenario of each scenario chapter (or of those among ``stems``), in the data's order.

    ``given`` are parameters of the edition. Raises DataError if the scenarios are not valid.
    """
    known = load_scenarios(Package(root))
    if not known.scenarios:
        return []
    return [
        Job(
            chapter,
            folder / chapter.stem / f"{scenario}.ipynb",
            {**given, **known.parameters_of(scenario)},
            figures=False,
        )
        for chapter in scenario_chapters(root)
        if stems is None or chapter.stem in stems
        for scenario in known.scenarios
    ]


def compare(jobs: Iterable[Job]) -> Comparison:
    """Collect the facts of jobs that ran."""
    found: Comparison = {}
    for job in jobs:
        records = list(read_records(job.output))
        about = next(record for record in records if record["kind"] == "chapter")
        chapter = found.setdefault(about["name"], {"as_of": about["as_of"], "scenarios": {}})
        chapter["scenarios"][job.parameters["scenario"]] = {
            record["name"]: {
                **{field: record[field] for field in ("value", "unit", "qualifier")},
                "rows": " ".join(record["rows"]),
            }
            for record in records
            if record["kind"] == "fact"
        }
    return found


def read_comparison(root: Path) -> Comparison:
    """Return the accepted facts; none if there is no such file. Raises DataError if it is no JSON."""
    try:
        found: Comparison = json.loads((root / RESULTS).read_text("utf-8"))
        scenarios = [facts for chapter in found.values() for facts in chapter["scenarios"].values()]
        if not all(isinstance(fact, dict) for facts in scenarios for fact in facts.values()):
            raise TypeError
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise DataError(f"{RESULTS}, line {error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(
            f"{RESULTS}: is damaged, expected facts by chapter and scenario; 'press accept' writes them"
        ) from None
    return found


def write_comparison(root: Path, fresh: Comparison) -> bool:
    """Keep the facts of these chapters, beside those of others; returns whether the file changed."""
    path = root / RESULTS
    before = path.read_text("utf-8") if path.exists() else ""
    text = json.dumps({**read_comparison(root), **fresh}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return text != before


def as_records(comparison: Comparison) -> list[Record]:
    """Return the facts as records, for ``press.changes``: ``what_if[reopened].revenue``."""
    return [
        {"kind": "fact", "chapter": f"{chapter}[{scenario}]", "name": name, **fact}
        for chapter, found in comparison.items()
        for scenario, facts in found["scenarios"].items()
        for name, fact in facts.items()
    ]
