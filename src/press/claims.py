"""Claims and the rules that judge them. A rule stands in the data, apart from the value that meets it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simpleeval import EvalWithCompoundTypes

from press.errors import ChapterError, DataError, nearest
from press.facts import Value
from press.package import Package
from press.records import Record

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = ("supported", "partly supported", "contradicted", "not testable", "open")
#: Verdicts that take a side, and so need evidence.
JUDGED = VERDICTS[:3]
OFFICIAL = ("primary", "official-secondary")
WEAK = ("blog", "weak")


def parse_rule(rule: str, place: str) -> list[tuple[str, str]]:
    """Split ``"supported if share > 80; contradicted otherwise"`` into verdicts and conditions, in order."""
    clauses = []
    for clause in rule.split(";"):
        words = clause.strip()
        verdict = next((v for v in VERDICTS if words.startswith(v + " ")), None)
        if verdict is None:
            raise DataError(
                f"{place}, field rule: found '{words}', expected '<verdict> if <condition>' or '<verdict> otherwise'"
            )
        rest = words.removeprefix(verdict).strip()
        if rest == "otherwise":
            clauses.append((verdict, "True"))
        elif rest.startswith("if "):
            clauses.append((verdict, rest.removeprefix("if ")))
        else:
            raise DataError(
                f"{place}, field rule: after '{verdict}' found '{rest}', expected 'if <condition>' or 'otherwise'"
            )
    if clauses[-1][1] != "True":
        raise DataError(
            f"{place}, field rule: the last clause must be '<verdict> otherwise', so that every value gets a verdict"
        )
    return clauses


def check_conditions(clauses: Iterable[tuple[str, str]], measures: Iterable[str], place: str) -> None:
    """Raise DataError for a condition that is none, or that asks for what the claim does not measure."""
    known = [*measures, "True", "False"]
    for _, condition in clauses:
        try:
            tree = ast.parse(condition.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise DataError(
                f"{place}, field rule: found the condition '{condition}', expected one as in 'share > 80'"
            ) from None
        called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "id")}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in (*known, *called):
                raise DataError(
                    f"{place}, field rule: found '{node.id}', expected a measure of the claim{nearest(node.id, known)}"
                )


def parse_measures(text: str, place: str) -> dict[str, str]:
    """Split ``"share: percent; people: persons"`` into names and units."""
    measures = {}
    for part in text.split(";"):
        name, _, unit = (piece.strip() for piece in part.partition(":"))
        if not name.isidentifier() or not unit:
            raise DataError(f"{place}, field measures: found '{part.strip()}', expected '<name>: <unit>'")
        measures[name] = unit
    return measures


@dataclass(frozen=True)
class Claim:
    """One statement of the commentary, in our words, with the rule by which it is judged."""

    id: str
    chapter: str
    kind: str
    text: str
    reading: str
    measures: Mapping[str, str]
    tables: tuple[str, ...]
    rule: str
    clauses: tuple[tuple[str, str], ...]

    def verdict(self, values: Mapping[str, Value]) -> str:
        """Return the first verdict whose condition holds.

        A measure that is None (the evidence has no value) makes a forecast ``open`` and any other claim
        ``not testable``.
        """
        if any(value is None for value in values.values()):
            return "open" if self.kind == "forecast" else "not testable"
        evaluator = EvalWithCompoundTypes(names=dict(values))
        for verdict, condition in self.clauses:
            try:
                holds = evaluator.eval(condition)
            except Exception as error:  # what goes wrong in the sandbox of a rule is the rule's
                raise DataError(
                    f"data/claims.csv, claim {self.id}, field rule: '{condition}' cannot be judged: {error}"
                ) from None
            if holds:
                return verdict
        raise AssertionError("a rule ends with 'otherwise'")


def load_claims(package: Package) -> dict[str, Claim]:
    """Load and check all claims of the package, by id; none if it has no such table."""
    claims: dict[str, Claim] = {}
    for row in package.rows("claims") if "claims" in package.resources else ():
        place = f"data/claims.csv, claim {row['id']}"
        if not row["chapter"]:
            raise DataError(f"{place}, field chapter: found nothing, expected the name of a chapter")
        measures, clauses = parse_measures(row["measures"], place), parse_rule(row["rule"], place)
        check_conditions(clauses, measures, place)
        claims[row["id"]] = Claim(
            id=row["id"],
            chapter=row["chapter"],
            kind=row["kind"],
            text=row["claim"],
            reading=row["reading"],
            measures=measures,
            tables=tuple(name.strip() for name in row["tables"].split(";")),
            rule=row["rule"],
            clauses=tuple(clauses),
        )
    return claims


def find_claim(claims: Mapping[str, Claim], claim_id: str, chapter: str) -> Claim:
    """Return a chapter's claim by id. Raises ChapterError for an unknown id or another chapter's claim."""
    if claim_id not in claims:
        raise ChapterError(f"there is no claim '{claim_id}'{nearest(claim_id, claims)}")
    claim = claims[claim_id]
    if claim.chapter != chapter:
        raise ChapterError(f"claim {claim_id} belongs to the chapter '{claim.chapter}', it is judged in '{chapter}'")
    return claim


#: What each grade of evidence means.
STRENGTHS = {
    "strong": "an official or primary source, three or more publishers that are not weak, and rows that agree",
    "fair": "an official or primary source, or two publishers that are not weak; or strong, but rows disagree",
    "weak": "fewer sources than that; or fair, but rows disagree",
}


def strength(sources: pd.DataFrame, *, agree: bool) -> str:
    """Grade the evidence behind a verdict, as ``STRENGTHS`` says.

    ``sources`` are the rows of the register that the deciding rows name; ``agree`` says that no row of evidence
    gives another value for what one of them tells.
    """
    official = sources["reliability"].isin(OFFICIAL).any()
    publishers = sources.loc[~sources["reliability"].isin(WEAK), "publisher"].nunique()
    grades = list(STRENGTHS)
    grade = 0 if official and publishers >= 3 else 1 if official or publishers >= 2 else 2
    return grades[grade if agree else min(grade + 1, 2)]


def check_allowed(
    claim: Claim, verdict: str, values: Mapping[str, Value], evidence: pd.DataFrame, sources: pd.DataFrame
) -> None:
    """Raise ChapterError for a verdict that its own evidence does not allow."""
    place = f"claim {claim.id}"
    judged = verdict in JUDGED
    if judged and evidence.empty:
        raise ChapterError(f"{place}: the verdict '{verdict}' rests on no row of evidence")
    if judged and claim.kind == "figure" and not any(isinstance(v, int | float) for v in values.values()):
        raise ChapterError(f"{place}: a claim of kind figure needs a number, found {dict(values)}")
    if verdict == "supported" and sources["reliability"].isin(WEAK).all():
        raise ChapterError(f"{place}: 'supported' rests on blogs and weak sources alone ({', '.join(sources.index)})")
    if verdict == "supported" and (evidence["status"] == "claim").all():
        raise ChapterError(f"{place}: 'supported' rests only on rows whose status is 'claim'")


def deciding(verdict: Record) -> dict[str, list[str]]:
    """Return the rows that a verdict was decided by, each with the measures that rest on it.

    Its other rows accompany: they say what the measures mean.
    """
    rows: dict[str, list[str]] = {}
    for measure in verdict["measures"]:
        for row in measure["rows"]:
            rows.setdefault(row, []).append(measure["name"])
    return {row: rows[row] for row in sorted(rows)}


def unjudged(claims: Mapping[str, Claim], chapters: Iterable[str], judged: Iterable[str]) -> list[str]:
    """Return the ids of the claims of these chapters that have no verdict."""
    done, rooms = set(judged), set(chapters)
    return [claim.id for claim in claims.values() if claim.chapter in rooms and claim.id not in done]


def as_names(values: Mapping[str, Any]) -> str:
    """Write measure names for a message."""
    return ", ".join(sorted(values)) or "none"
