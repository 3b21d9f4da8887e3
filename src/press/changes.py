"""What changed between two sets of results: facts, figures and verdicts, from what to what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from press.facts import format_value
from press.records import Record

#: A fact of a scenario: chapter, scenario, fact.
_SCENARIO = re.compile(r"(.+)\[(.+)\](\..+)")
_FIGURE_FIELDS = ("title", "subtitle", "alt", "caveat", "rows", "narrow", "wide", "picture")


def _keyed(records: Iterable[Record]) -> dict[tuple[str, str], Record]:
    keys = {"fact": "name", "figure": "id", "verdict": "id"}
    return {
        (record["kind"], f"{record['chapter']}.{record[keys[record['kind']]]}"): record
        for record in records
        if record["kind"] in keys
    }


def _told(record: Record) -> str:
    """Say in a few words what a record states."""
    if record["kind"] == "fact":
        return format_value(record["value"], record["unit"], record["qualifier"], unit_text=record["unit"])
    if record["kind"] == "verdict":
        measures = "; ".join(f"{measure['name']} = {measure['text']}" for measure in record["measures"])
        return f"{record['verdict']} ({measures})"
    return str(record["title"])


def changes(before: Iterable[Record], after: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each fact, figure or verdict that is new, gone or different, in a fixed order.

    What changes alike in several scenarios of a chapter is one line, which names them all.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for kind, name, told in _changes(_keyed(before), _keyed(after)):
        scenario = _SCENARIO.fullmatch(name)
        key = (kind, scenario[1], scenario[3], told) if scenario else (kind, name, "", told)
        alike.setdefault(key, []).extend([scenario[2]] if scenario else [])
    for (kind, name, rest, told), scenarios in alike.items():
        which = f"[{', '.join(scenarios)}]" if scenarios else ""
        yield f"{kind} {name}{which}{rest}{told}"


def _changes(old: Mapping[tuple[str, str], Record], new: Mapping[tuple[str, str], Record]) -> Iterator[tuple[str, ...]]:
    """Yield kind, name, and what is told of it."""
    for key in sorted(old.keys() | new.keys()):
        kind, name = key
        if key not in new:
            yield kind, name, f": gone (was {_told(old[key])})"
        elif key not in old:
            yield kind, name, f": new, {_told(new[key])}"
        elif kind == "figure":
            parts = [field for field in _FIGURE_FIELDS if old[key].get(field) != new[key].get(field)]
            if parts:
                drawn = {"narrow", "wide", "picture"} & set(parts)
                words = [part for part in parts if part not in drawn] + (["drawing"] if drawn else [])
                yield kind, name, f": {', '.join(words)} changed"
        elif _told(old[key]) != _told(new[key]):
            yield kind, name, f": {_told(old[key])} -> {_told(new[key])}"
        elif old[key].get("value") != new[key].get("value"):
            yield kind, name, f": {_told(new[key])}, changed in digits that are not shown"
        elif _rest(old[key]) != _rest(new[key]):
            yield kind, name, f": {_told(new[key])}, its rows or words changed"


def _rest(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "cell"}
