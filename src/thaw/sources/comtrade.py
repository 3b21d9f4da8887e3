"""UN Comtrade: trade in one commodity by partner, from the public interface."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from press.errors import SourceError
from press.refresh import Loaded
from press.refresh.formats import read_json

_NEEDED = ("reporterCode", "partnerCode", "flowCode", "cmdCode", "period", "netWgt", "primaryValue")
#: The public interface sends no more rows than this, and does not say that it left some out.
_MOST = 500
_MILLION = 1_000_000


def by_partner(content: bytes, settings: Mapping[str, Any], day: date) -> Loaded:
    """Read yearly imports by partner: kilotonnes of product and millions of dollars.

    ``settings``: ``commodity``; ``reporters`` and ``partners``, our names by the codes of the UN (M49), others are left
    out; ``fields`` that every row gets. The interface is not dated: a figure is known from the day it was fetched.
    """
    answer = read_json(content)
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        told = answer.get("error") or answer.get("message") if isinstance(answer, dict) else None
        raise SourceError(f"found no list 'data'{f' but the message {told!r}' if told else ''}, expected one")
    if len(rows) >= _MOST:
        raise SourceError(f"found {len(rows)} rows, the most that is sent at once; expected fewer, ask for less")
    found = []
    for number, row in enumerate(rows, 1):
        missing = [name for name in _NEEDED if name not in row]
        if missing:
            raise SourceError(f"row {number} of data: found no '{missing[0]}', expected it")
        if row["cmdCode"] != settings["commodity"] or row["flowCode"] != "M":
            raise SourceError(
                f"row {number} of data: found the commodity {row['cmdCode']} and flow {row['flowCode']}, "
                f"expected {settings['commodity']} and M"
            )
        importer = settings["reporters"].get(str(row["reporterCode"]))
        origin = settings["partners"].get(str(row["partnerCode"]))
        if importer is None or origin is None:
            continue
        estimated = row.get("isNetWgtEstimated") or not row.get("isReported", True)
        about = {
            **settings["fields"],
            "importer": importer,
            "origin": origin,
            "period": str(row["period"]),
            "locator": f"reporter {row['reporterCode']}, partner {row['partnerCode']}, HS {row['cmdCode']}, "
            f"{row['period']}",
        }
        for measure, basis, amount, unit, status in (
            ("volume", "product", row["netWgt"], "kt product", "estimate" if estimated else "reported"),
            ("value", "", row["primaryValue"], "USD million", "reported"),
        ):
            if amount is None:
                continue
            if not isinstance(amount, int | float):
                raise SourceError(f"row {number} of data: found '{amount}' for the {measure}, expected a number")
            value = f"{round(amount / _MILLION, 3):.12g}"
            found.append(about | {"measure": measure, "basis": basis, "value": value, "unit": unit, "status": status})
    return Loaded(day, found)
