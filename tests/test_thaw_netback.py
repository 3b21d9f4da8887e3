"""The netback model: what must hold whatever the inputs, and what it says of plain cases."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from thaw import netback
from thaw.concentration import price_room
from thaw.prisoners import held_after, months_to_none, resting_level

INPUTS = pd.read_csv(ROOT / "data/scenario_parameters.csv", keep_default_na=False)
CENTRAL = dict(zip(INPUTS["id"], INPUTS["central"].astype(float), strict=True))
LIMITS = {row.id: st.floats(float(row.minimum), float(row.maximum)) for row in INPUTS.itertuples()}
SETTINGS = st.fixed_dictionaries(LIMITS)
CAPACITIES = ["klaipeda_capacity", "russia_capacity", "rail_capacity"]
SWITCHES = ["klaipeda_open", "russia_open", "us_open", "eu_open"]
CLOSE: dict[str, Any] = {"rel": 1e-9, "abs": 1e-9}
MOST = settings(max_examples=150, deadline=None)


def run(p: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in netback.export(p).items()}


@MOST
@given(SETTINGS)
def test_the_tonnes_add_up_and_keep_within_what_there_is(p: dict[str, float]) -> None:
    r = run(p)
    ways = [r[f"volume_{way}"] for way in ("klaipeda", "russia", "rail")]
    markets = [r[f"volume_{market}"] for market in netback.MARKETS]
    assert sum(ways) == pytest.approx(r["volume"], **CLOSE)
    assert sum(markets) == pytest.approx(r["volume"] - r["volume_rail"], **CLOSE)
    assert r["volume"] <= p["supply"] + 1e-9 and min(ways + markets) >= 0
    assert r["volume_klaipeda"] <= p["klaipeda_capacity"] * p["klaipeda_open"] + 1e-9
    assert r["volume_russia"] <= p["russia_capacity"] * p["russia_open"] + 1e-9
    assert r["volume_rail"] <= p["rail_capacity"] + 1e-9
    for market in netback.MARKETS:
        assert r[f"volume_{market}"] <= p[f"demand_{market}"] + 1e-9
    if r["volume"] > 0:
        assert sum(r[f"share_{way}"] for way in ("klaipeda", "russia_ports", "rail_china")) == pytest.approx(100)


@MOST
@given(SETTINGS)
def test_every_dollar_that_buyers_would_pay_goes_somewhere(p: dict[str, float]) -> None:
    r = run(p)
    parts = sum(value for name, value in r.items() if name.startswith("to_"))
    assert parts == pytest.approx(1000 * r["delivered"], rel=1e-9, abs=1e-6)
    assert r["to_mine"] == pytest.approx(1000 * r["kept"], **CLOSE)
    assert r["netback"] * r["volume"] == pytest.approx(r["to_mine"], rel=1e-9, abs=1e-6)


@MOST
@given(SETTINGS, st.sampled_from([*CAPACITIES, "supply", *SWITCHES, *(f"demand_{m}" for m in netback.MARKETS)]))
def test_more_room_never_lowers_what_is_left_at_the_mine(p: dict[str, float], name: str) -> None:
    """What is left in all (``kept``) is what the allocation maximises: it alone is sure to rise with room.

    The export value may fall, when a cheaper way moves tonnes to a nearer market; so may the average of a tonne, when
    more tonnes are sold at a smaller gain.
    """
    most = float(INPUTS.set_index("id").loc[name, "maximum"])
    assert run({**p, name: most})["kept"] >= run(p)["kept"] - 1e-9


@MOST
@given(SETTINGS, st.sampled_from(["tariff", "port_russia", "discount", "settlement", "freight_rise", "rail_china"]))
def test_a_dearer_way_never_pays(p: dict[str, float], name: str) -> None:
    most = float(INPUTS.set_index("id").loc[name, "maximum"])
    assert run({**p, name: most})["kept"] <= run(p)["kept"] + 1e-9


@MOST
@given(SETTINGS, st.floats(0.1, 10))
def test_units_scale(p: dict[str, float], factor: float) -> None:
    """Twice the tonnes are twice the dollars; twice all dollars a tonne are twice the dollars."""
    sizes = [name for name in p if name.startswith("demand_") or name.endswith("_capacity") or name == "supply"]
    dollars = [
        name
        for name in p
        if name in ("price", "tariff", "port_russia", "rail_china")
        or (name.startswith("freight_") and name != "freight_rise")
    ]
    r = run(p)
    wide, dear = run(p | {n: p[n] * factor for n in sizes}), run(p | {n: p[n] * factor for n in dollars})
    assert wide["kept"] == pytest.approx(r["kept"] * factor, rel=1e-6, abs=1e-6)
    assert dear["kept"] == pytest.approx(r["kept"] * factor, rel=1e-6, abs=1e-6)


SMALL, MONEY = st.integers(0, 3), st.integers(0, 9)
PLACES = st.tuples(MONEY, SMALL)


@settings(max_examples=60, deadline=None)
@given(st.tuples(PLACES, PLACES, PLACES), st.tuples(PLACES, PLACES), MONEY, SMALL, st.integers(0, 6))
def test_no_other_allocation_leaves_more(
    markets: tuple[tuple[int, int], ...], ports: tuple[tuple[int, int], ...], rail: int, railed: int, supply: int
) -> None:
    """Against every allocation of whole tonnes; with whole bounds one of these is the best of all."""
    worth, demand = zip(*markets, strict=True)
    cost, capacity = zip(*ports, strict=True)
    room = netback.match(worth, demand, cost, capacity)
    left = [value - price for value in worth for price in cost]
    sold = netback.fill([*left, rail], [*itertools.chain(*room), railed], supply)
    ours = float(sum(w * q for w, q in zip([*left, rail], sold, strict=True)))
    best = 0
    for flows in itertools.product(range(4), repeat=6):
        grid = np.array(flows).reshape(3, 2)
        if (grid.sum(1) <= demand).all() and (grid.sum(0) <= capacity).all() and grid.sum() <= supply:
            best = max(best, int(np.dot(grid.ravel(), left)) + rail * min(railed, supply - int(grid.sum())))
    assert ours == pytest.approx(best)


def test_samples_give_what_single_runs_give() -> None:
    drawn = netback.draw(INPUTS, CENTRAL, 50, 7)
    many = netback.export(drawn)
    for i in (0, 17, 49):
        one = run({name: float(values[i]) for name, values in drawn.items()})
        assert one == pytest.approx({name: float(np.broadcast_to(v, 50)[i]) for name, v in many.items()})


def test_draws_stay_in_their_range_and_what_is_set_is_held() -> None:
    drawn = netback.draw(INPUTS, {**CENTRAL, "price": 400.0}, 2_000, 7)
    assert (drawn["price"] == 400).all()
    for row in INPUTS[INPUTS["id"] != "price"].itertuples():
        assert float(row.low) <= drawn[row.id].min() and drawn[row.id].max() <= float(row.high)
    again = netback.draw(INPUTS, {**CENTRAL, "klaipeda_open": 1.0}, 2_000, 7)
    assert (again["discount"] == drawn["discount"]).all(), "draws can be compared"
    level = np.linspace(0, 1, 100_001)
    assert netback.triangle(level, 0, 1, 5).mean() == pytest.approx(2, abs=1e-4)
    with pytest.raises(ValueError, match="expected them in order"):
        netback.triangle(level, 2, 1, 5)


def test_the_largest_bar_of_a_tornado_comes_first() -> None:
    bars = netback.tornado(INPUTS, CENTRAL, "kept")
    assert bars["span"].is_monotonic_decreasing and bars["id"].iloc[0] == "price"
    assert not set(bars["id"]) & {"km_russia", *SWITCHES}, "what has no range has no bar"
    assert bars.set_index("id").loc["discount", "at_low"] == run({**CENTRAL, "discount": 0.0})["kept"]


def test_prisoners_come_to_rest_or_to_none() -> None:
    assert resting_level(40, 20, 0.02) == 1_000
    assert months_to_none(1_200, 40, 20, 0.02) == math.inf
    months = months_to_none(1_200, 20, 40, 0.02)
    assert held_after(np.array([0.0, months, months + 9]), 1_200, 20, 40, 0.02) == pytest.approx([1_200, 0, 0])
    step, held = 0.001, 1_200.0
    for _ in range(round(months / 2 / step)):
        held += (20 - 40 - 0.02 * held) * step
    assert held_after(np.array([months / 2]), 1_200, 20, 40, 0.02)[0] == pytest.approx(held, rel=1e-3)
    with pytest.raises(ValueError, match="expected more than 0"):
        resting_level(1, 2, 0)


def test_room_in_the_price() -> None:
    assert price_room(10, 300, 20, 10, 0) == 60, "20 percent of 10 Mt at 30 dollars less"
    assert price_room(10, 300, 20, 10, 1) == 300, "all of them"
    assert price_room(10, 300, 0, 10, 0) == 0
