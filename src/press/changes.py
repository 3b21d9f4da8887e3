"""What changed between two sets of results: facts, figures and verdicts, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from press.facts import format_value
from press.records import Record

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
    """Yield a line for each fact, figure or verdict that is new, gone or different, in a fixed order."""
    old, new = _keyed(before), _keyed(after)
    for key in sorted(old.keys() | new.keys()):
        kind, name = key
        if key not in new:
            yield f"{kind} {name}: gone (was {_told(old[key])})"
        elif key not in old:
            yield f"{kind} {name}: new, {_told(new[key])}"
        elif kind == "figure":
            parts = [field for field in _FIGURE_FIELDS if old[key].get(field) != new[key].get(field)]
            if parts:
                drawn = {"narrow", "wide", "picture"} & set(parts)
                words = [part for part in parts if part not in drawn] + (["drawing"] if drawn else [])
                yield f"figure {name}: {', '.join(words)} changed"
        elif _told(old[key]) != _told(new[key]):
            yield f"{kind} {name}: {_told(old[key])} -> {_told(new[key])}"
        elif _rest(old[key]) != _rest(new[key]):
            yield f"{kind} {name}: {_told(new[key])}, its rows or words changed"


def _rest(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "cell"}
