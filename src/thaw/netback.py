"""What a tonne of Belarusian potash earns at the mine, by route and market, and where the tonnes go.

The model is a list of sales in the order of what they leave at the mine. A sale by sea joins a market, which is worth
something on board ship, and a port, which costs something to reach; the railway to China is a sale of its own. The
best sale is filled first, up to the demand of the market, the capacity of the port and what there is to sell.

Everything here works on numbers, on NumPy arrays of samples and on ``press.expressions.Expression`` alike, so the
page that readers drive computes what Python computes. Inputs are those of the table ``scenario_parameters``, by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

#: A number, an array with one value a sample, or an expression.
Number = Any
Inputs = Mapping[str, Number]

#: Markets that are reached by sea, and the sea leg by which each is reached.
MARKETS = {"brazil": "brazil", "india": "asia", "china": "china", "usa": "usa", "eu": "eu", "other": "asia"}
#: Ways to the sea.
PORTS = ("klaipeda", "russia")


def ahead(worth: Sequence[Number], size: Sequence[Number]) -> list[Number]:
    """Return for each item the sum of the sizes of all that are worth more; of equals the earlier ones come first."""
    found = []
    for i, own in enumerate(worth):
        before: Number = 0.0
        for j, other in enumerate(worth):
            if j != i:
                first = other >= own if j < i else other > own
                before = before + np.where(first, size[j], 0.0)
        found.append(before)
    return found


def match(
    worth: Sequence[Number], demand: Sequence[Number], cost: Sequence[Number], capacity: Sequence[Number]
) -> list[list[Number]]:
    """Return the tonnes that each market (rows) takes through each port (columns) if nothing else limits them.

    ``worth`` is USD/t on board for each market, ``cost`` USD/t to each port; ``demand`` and ``capacity`` are Mt. The
    best market meets the cheapest port first, so no other pairing earns more, and no tonne is sold at a loss.
    """
    cheap = [0.0 - c for c in cost]
    at, by = ahead(worth, demand), ahead(cheap, capacity)
    return [
        [
            np.where(
                value > price,
                np.maximum(np.minimum(at[i] + demand[i], by[j] + capacity[j]) - np.maximum(at[i], by[j]), 0.0),
                0.0,
            )
            for j, price in enumerate(cost)
        ]
        for i, value in enumerate(worth)
    ]


def fill(worth: Sequence[Number], size: Sequence[Number], supply: Number) -> list[Number]:
    """Return how much of each sale is made when the best ones are filled first, up to ``supply`` (all Mt)."""
    return [
        np.maximum(np.minimum(most, supply - before), 0.0)
        for most, before in zip(size, ahead(worth, size), strict=True)
    ]


def discount(p: Inputs) -> Number:
    """Return what buyers of sanctioned goods are let off, as a share of the price."""
    return p["discount"] * p["discount_kept"] / 100.0


def payment(p: Inputs) -> Number:
    """Return what it costs to be paid without dollars, as a share of the price."""
    return p["settlement"] * (1.0 - p["dollars"]) / 100.0


def prices(p: Inputs) -> dict[str, Number]:
    """Return the price of each market as delivered, before any discount, in USD/t."""
    return {m: p["price"] * p[f"{m}_price"] / 100.0 if m != "brazil" else p["price"] for m in MARKETS}


def freights(p: Inputs) -> dict[str, Number]:
    """Return the sea leg from the Baltic to each market in USD/t."""
    return {m: p[f"freight_{leg}"] * p["freight_rise"] if m != "eu" else p["freight_eu"] for m, leg in MARKETS.items()}


def rails(p: Inputs) -> dict[str, Number]:
    """Return the railway to each port in USD/t: kilometres times the tariff in US cents per tonne and kilometre."""
    return {
        "klaipeda": p["km_klaipeda"] * p["tariff"] / 100.0,
        "russia": p["km_russia"] * p["tariff"] * p["surcharge"] / 100.0,
    }


def quays(p: Inputs) -> dict[str, Number]:
    """Return the handling in each port in USD/t."""
    return {"klaipeda": p["port_russia"] / p["port_multiple"], "russia": p["port_russia"]}


def export(p: Inputs) -> dict[str, Number]:
    """Run the model.

    Returns
    -------
    dict
        ``volume`` and, for each way (``klaipeda``, ``russia``, ``rail``) and each market, ``volume_…`` in Mt a year;
        ``share_klaipeda``, ``share_russia_ports``, ``share_rail_china`` (percent of the volume); ``delivered`` (price
        times tonnes), ``revenue`` (less discount and sea freight: on board, or at China's border) and ``kept`` (less
        railway, port and payment: what is left at the mine) in USD billion a year; ``netback`` (``kept`` by tonne)
        in USD/t; and the parts of ``delivered`` in USD million a year: ``to_mine``, ``to_buyers`` (the discount),
        ``to_ships``, ``to_russia`` and ``to_lithuania`` (their railways and ports), ``to_home`` (the railway in
        Belarus), ``to_rail_china`` and ``to_banks`` (the cost of being paid).
    """
    price, freight, rail, quay = prices(p), freights(p), rails(p), quays(p)
    off, fee = discount(p), payment(p)
    open_to = {"usa": p["us_open"], "eu": p["eu_open"]}
    demand = {m: p[f"demand_{m}"] * open_to[m] if m in open_to else p[f"demand_{m}"] for m in MARKETS}
    capacity = {port: p[f"{port}_capacity"] * p[f"{port}_open"] for port in PORTS}
    worth = {m: price[m] * (1.0 - off - fee) - freight[m] for m in MARKETS}
    cost = {port: rail[port] + quay[port] for port in PORTS}

    pairs = [(m, port) for m in MARKETS for port in PORTS]
    room = match([*worth.values()], [*demand.values()], [*cost.values()], [*capacity.values()])
    left = [worth[m] - cost[port] for m, port in pairs]
    by_rail = price["china"] * (1.0 - off - fee) - p["rail_china"]
    sizes = [*(tonnes for row in room for tonnes in row), np.where(by_rail > 0.0, p["rail_capacity"], 0.0)]
    *at_sea, railed = fill([*left, by_rail], sizes, p["supply"])
    sold = dict(zip(pairs, at_sea, strict=True))

    def add(values: Sequence[Number]) -> Number:
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total

    through = {port: add([sold[m, port] for m in MARKETS]) for port in PORTS}
    market = {m: add([sold[m, port] for port in PORTS]) for m in MARKETS}
    volume = add([*through.values(), railed])
    delivered = add([market[m] * price[m] for m in MARKETS]) + railed * price["china"]
    let_off = delivered * off
    banks = delivered * fee
    ships = add([market[m] * freight[m] for m in MARKETS])
    overland = railed * p["rail_china"]
    revenue = delivered - let_off - ships
    kept = revenue - banks - add([through[port] * cost[port] for port in PORTS]) - overland
    some = np.where(volume > 0.0, volume, 1.0)
    at_home = {port: p[f"km_{port}_home"] / p[f"km_{port}"] for port in PORTS}
    home = add([through[port] * rail[port] * at_home[port] for port in PORTS])
    paid = {port: through[port] * (rail[port] * (1.0 - at_home[port]) + quay[port]) for port in PORTS}
    return {
        "volume": volume,
        "volume_klaipeda": through["klaipeda"],
        "volume_russia": through["russia"],
        "volume_rail": railed,
        **{f"volume_{m}": market[m] for m in MARKETS},
        "share_klaipeda": 100.0 * through["klaipeda"] / some,
        "share_russia_ports": 100.0 * through["russia"] / some,
        "share_rail_china": 100.0 * railed / some,
        "delivered": delivered / 1000.0,
        "revenue": revenue / 1000.0,
        "kept": kept / 1000.0,
        "netback": kept / some,
        "to_mine": kept,
        "to_buyers": let_off,
        "to_ships": ships,
        "to_russia": paid["russia"],
        "to_lithuania": paid["klaipeda"],
        "to_home": home,
        "to_rail_china": overland,
        "to_banks": banks,
    }


def draw(ranges: pd.DataFrame, values: Mapping[str, float], size: int, seed: int) -> dict[str, Number]:
    """Draw samples of all inputs from triangles over ``low``, ``central`` and ``high``.

    Parameters
    ----------
    ranges
        The table ``scenario_parameters``: columns ``id``, ``low``, ``central``, ``high`` in the input's own unit.
    values
        A value for each input. One that differs from ``central`` was set on purpose and is held.
    size, seed
        The number of samples and where the drawing starts. The same seed draws the same samples for each input,
        whatever else is held, so that two scenarios can be compared draw by draw.
    """
    found: dict[str, Number] = {}
    for name, low, central, high in ranges[["id", "low", "central", "high"]].itertuples(index=False):
        level = np.random.default_rng([seed, *name.encode()]).random(size)
        found[name] = triangle(level, low, central, high) if values[name] == central else np.full(size, values[name])
    return found


def triangle(level: Number, low: float, central: float, high: float) -> Number:
    """Return the quantiles at ``level`` (0 to 1) of a triangular distribution; the unit is that of the bounds."""
    if not low <= central <= high:
        raise ValueError(f"found low {low}, central {central}, high {high}; expected them in order")
    if low == high:
        return np.full_like(level, central)
    turn = (central - low) / (high - low)
    rising = low + np.sqrt(level * (high - low) * (central - low))
    falling = high - np.sqrt((1 - level) * (high - low) * (high - central))
    return np.where(level < turn, rising, falling)


def tornado(ranges: pd.DataFrame, values: Mapping[str, float], output: str) -> pd.DataFrame:
    """Return what each input does alone: ``output`` at its low and its high value, all others at ``values``.

    Columns ``id``, ``at_low``, ``at_high`` (unit of the output) and ``span``; the largest span first. Inputs without
    a range are left out.
    """
    rows = []
    for name, low, high in ranges[["id", "low", "high"]].itertuples(index=False):
        if low < high:
            ends = [float(export({**values, name: end})[output]) for end in (low, high)]
            rows.append({"id": name, "at_low": ends[0], "at_high": ends[1], "span": abs(ends[1] - ends[0])})
    return pd.DataFrame(rows).sort_values(["span", "id"], ascending=[False, True]).reset_index(drop=True)
