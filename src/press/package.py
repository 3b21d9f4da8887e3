"""The shared data: a Frictionless Data Package whose one descriptor serves validation, loading and the data page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from press.errors import DataError, nearest
from press.periods import bounds
from press.places import DESCRIPTOR

_DTYPES = {"string": "str", "number": "float64", "integer": "Int64", "date": "str"}


@dataclass(frozen=True)
class Package:
    """The tables under ``root/data`` as ``datapackage.json`` describes them."""

    root: Path

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The parsed ``datapackage.json``."""
        path = self.root / DESCRIPTOR
        try:
            descriptor = json.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{DESCRIPTOR}: cannot be read: {error}") from None
        except json.JSONDecodeError as error:
            raise DataError(f"{DESCRIPTOR}, line {error.lineno}: not JSON: {error.msg}") from None
        if not isinstance(descriptor, dict) or not isinstance(descriptor.get("resources"), list):
            raise DataError(f"{DESCRIPTOR}: found no list 'resources', expected a data package")
        return descriptor

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The descriptor's resources by table name, in the descriptor's order."""
        return {resource["name"]: resource for resource in self.descriptor["resources"]}

    def resource(self, name: str) -> dict[str, Any]:
        """Return one table's descriptor. Raises DataError with the nearest name if there is none."""
        if name not in self.resources:
            raise DataError(f"there is no table '{name}'{nearest(name, self.resources)}")
        return self.resources[name]

    def table(self, name: str, as_of: str | None = None) -> pd.DataFrame:
        """Load a table with the descriptor's types; a ``period`` column adds ``start`` and ``end`` (days).

        With ``as_of`` (an ISO date) only the rows that were public by that day are returned.
        """
        resource = self.resource(name)
        fields = resource["schema"]["fields"]
        path = self.root / "data" / resource["path"]
        try:
            frame = pd.read_csv(
                path,
                dtype={field["name"]: _DTYPES[field["type"]] for field in fields},
                encoding="utf-8-sig",
                keep_default_na=False,
                na_values=[""],
            )
        except (OSError, ValueError) as error:
            raise DataError(
                f"data/{resource['path']}: cannot be loaded ({error}); 'press check data' says what is wrong"
            ) from None
        for field in fields:
            if field["type"] == "date":
                frame[field["name"]] = pd.to_datetime(frame[field["name"]])
        if "known_from" in frame and as_of is not None:
            frame = frame[frame["known_from"] <= pd.Timestamp(as_of)].reset_index(drop=True)
        if "period" in frame:
            limits = [(None, None) if pd.isna(period) else bounds(period) for period in frame["period"]]
            frame[["start", "end"]] = pd.DataFrame(limits, index=frame.index, columns=["start", "end"]).astype(
                "datetime64[us]"
            )
        return frame

    @cached_property
    def sources(self) -> pd.DataFrame:
        """The register of sources, indexed by source id."""
        return self.table("sources").set_index("id")
