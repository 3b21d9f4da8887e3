"""The inputs and scenarios of the model: frozen at the day of the deal, traced to rows, the same in the chapter."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest

from conftest import ROOT
from press.chapter import Chapter
from press.execute import check_parameters
from press.notebooks import find_chapter, read_md
from press.package import Package
from press.seen import Seen
from thaw import netback

PACKAGE = Package(ROOT)
INPUTS = PACKAGE.table("scenario_parameters").set_index("id", drop=False)
SCENARIOS, VALUES = PACKAGE.table("scenarios"), PACKAGE.table("scenario_values")
DEAL = pd.Timestamp("2025-12-15")


@cache
def evidence() -> pd.DataFrame:
    tables = [PACKAGE.table(name) for name in PACKAGE.resources]
    return pd.concat([t.set_index("id")[["value", "known_from"]] for t in tables if "source_id" in t and "value" in t])


def v(row: str) -> float:
    return float(evidence().loc[row, "value"])


def mid(*rows: str) -> float:
    return sum(map(v, rows)) / len(rows)


FACTOR = 12_270 / 7_348  # PMP128 over PMP127, checked below
SHORT = 1 / 0.907185  # short tons in a tonne


def years_open() -> float:
    """The middle of the years from 2020 until the two last licences ended."""
    policy = PACKAGE.table("policy_events").set_index("id")
    days = [(policy.loc[row, "start"] - pd.Timestamp("2020-01-01")).days / 365.25 for row in ("PEV006", "PEV011")]
    return sum(days) / 2


#: How the low, central and high value of an input come from rows, as the input's note says.
DERIVED: dict[str, Callable[[], tuple[float, float, float]]] = {
    "price": lambda: (v("PPM0778"), v("PPM0790"), v("PPM0757")),
    "india_price": lambda: (
        100 * v("PQC016") / v("PPM0746"),
        100 * v("PQC019") / v("PPM0786"),
        100 * v("PQC017") / v("PPM0760"),
    ),
    "china_price": lambda: (
        100 * v("PQC029") / v("PPM0734"),
        100 * v("PQC033") / v("PPM0786"),
        100 * v("PQC028") / v("PPM0725"),
    ),
    "usa_price": lambda: (
        100 * mid("PQS021", "PQS022") * SHORT / mid("PQS025", "PQS026"),
        100 * mid("PQS005", "PQS006") * SHORT / mid("PQS009", "PQS010"),
        100 * mid("PQS050", "PQS051") * SHORT / v("PPM0762"),
    ),
    "other_price": lambda: (
        100 * mid("PQS019", "PQS020") / mid("PQS025", "PQS026"),
        100 * mid("PQS003", "PQS004") / mid("PQS009", "PQS010"),
        100 * mid("PQS007", "PQS008") / mid("PQS009", "PQS010"),
    ),
    "demand_brazil": lambda: (
        v("PIM009") / 100 * v("PIM005") / 1000,
        2 * v("PBD020") / 1000,
        v("PBD021") / 100 * v("PBX019") / 1000,
    ),
    "demand_india": lambda: (
        0.65 * 12 / 7,
        v("PBD001") * FACTOR / 1000,
        v("PBD005") / 100 * v("PBX019") / 1000,
    ),
    "demand_china": lambda: (
        (v("PBD008") - v("PBD019")) / 1000,
        v("PBD018") * 12 / 18 / 1000,
        4 * v("PBD016") / 1000,
    ),
    "demand_usa": lambda: (
        v("PBD028") / 100 * v("PBX017") / 1000,
        v("PUS007") / 100 * sum(v(f"USB04{i}") for i in range(1, 5)) / years_open() * FACTOR / 1000,
        v("PUS002") / 100 * v("USB042") * FACTOR / 1000,
    ),
    "demand_eu": lambda: (
        v("PBD023") / 100 * v("PBX016") / 1000 - 0.72,
        v("PBD026") / 100 * v("PBX017") / 1000,
        v("PBD023") / 100 * v("PBX019") / 1000,
    ),
    "demand_other": lambda: (
        0.35 * v("PBX016") / 1000,
        v("PBX017") / 1000 - 1.9 - 1.38 - 1.6 - 0.72 - 1.18,
        v("PBX019") / 1000 - 1.9 - 1.38 - 1.6 - 0.72 - 1.18,
    ),
    "supply": lambda: (v("PBX016") / 1000, v("PBX017") / 1000, v("PBX019") / 1000),
    "klaipeda_capacity": lambda: (v("PTV037"), v("PTV006"), v("PTV036")),
    "russia_capacity": lambda: (2 * v("PTV030"), (v("PTV029") + 12 * v("PTV044")) / 2, 12 * v("PTV044")),
    "rail_capacity": lambda: (
        v("PBD019") / 1000,
        (v("PBD019") + v("PIM032") * 12 / 8) / 2000,
        v("PIM032") * 12 / 8 / 1000,
    ),
    "tariff": lambda: (
        100 * v("PRT062") * 1.5 / v("PRT044") / v("PRT035"),
        100 * mid("PRT062", "PRT063") * 1.5 / mid("PRT043", "PRT044") / v("PRT035"),
        100 * v("PRT063") * 1.5 / v("PRT043") / v("PRT035"),
    ),
    "surcharge": lambda: (
        1.0,
        mid("PRT043", "PRT044") * v("PRT035") / v("PRT037"),
        v("PRT044") * v("PRT035") / v("PRT037"),
    ),
    "port_russia": lambda: (v("PRT062"), mid("PRT062", "PRT063"), v("PRT063")),
    "port_multiple": lambda: (v("PRT041"), mid("PRT041", "PRT042"), v("PRT042")),
    **{
        name: (lambda row=row: (v(row),) * 3)
        for name, row in [
            ("km_klaipeda", "PRT035"),
            ("km_russia", "PRT037"),
            ("km_klaipeda_home", "PRT036"),
            ("km_russia_home", "PRT038"),
        ]
    },
    **{
        f"freight_{leg}": (lambda low=low, high=high: (v(low), mid(low, high), v(high)))
        for leg, low, high in [
            ("brazil", "PQS029", "PQS030"),
            ("asia", "PQS031", "PQS032"),
            ("china", "PQS033", "PQS034"),
            ("usa", "PQS035", "PQS036"),
        ]
    },
}

#: Inputs with rows that say what is or was, not how much: switches, and a guess between two ends.
SWITCHES = {"us_open", "eu_open", "klaipeda_open"}


@pytest.mark.parametrize("name", DERIVED)
def test_a_range_follows_from_its_rows(name: str) -> None:
    row = INPUTS.loc[name]
    for bound, expected in zip(("low", "central", "high"), DERIVED[name](), strict=True):
        assert row[bound] == pytest.approx(expected, rel=0.01), f"{name}, {bound}"


def test_every_input_is_traced_or_called_an_assumption() -> None:
    assert pytest.approx(v("PMP128") / v("PMP127")) == FACTOR
    evident = set(INPUTS[INPUTS["basis"] == "evidence"]["id"])
    assert evident == {*DERIVED, *SWITCHES, "discount"}
    for table in (INPUTS, SCENARIOS, VALUES):
        assert (table["rows"].notna() == (table["basis"] == "evidence")).all()
    assert INPUTS.loc["discount", "high"] == v("PRT046")
    assert 1 - v("PBD009") / v("PBD008") * 1000 / v("PQC030") == pytest.approx(0.20, abs=0.005)


def test_ranges_are_in_order_and_within_their_limits() -> None:
    ordered = INPUTS[["minimum", "low", "central", "high", "maximum"]]
    assert (ordered.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    limits = VALUES.join(INPUTS[["minimum", "maximum", "central"]], on="parameter")
    assert limits["value"].between(limits["minimum"], limits["maximum"]).all()
    assert (limits["value"] != limits["central"]).all(), "a scenario names what differs"


def test_nothing_that_became_known_after_the_deal_is_in_the_model() -> None:
    rows = {row for table in (INPUTS, SCENARIOS, VALUES) for cell in table["rows"].dropna() for row in cell.split()}
    assert len(rows) > 80
    assert (evidence().loc[sorted(rows), "known_from"] <= DEAL).all()


def test_the_chapter_declares_the_central_values() -> None:
    chapter = find_chapter(ROOT, "what_if")
    cell = next(cell for cell in read_md(chapter).cells if "parameters" in cell.metadata.get("tags", []))
    declared = {
        node.target.id: ast.literal_eval(node.value)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    assert declared.pop("as_of") and declared.pop("scenario") == "us-easing"
    assert declared == INPUTS["central"].astype(float).to_dict()
    assert all(isinstance(value, float) for value in declared.values())
    check_parameters(chapter, {"scenario": "klaipeda", "price": 400.0})


def test_the_model_takes_exactly_these_inputs() -> None:
    asked = set()

    class Noting(dict[str, float]):
        def __getitem__(self, name: str) -> float:
            asked.add(name)
            return super().__getitem__(name)

    netback.export(Noting(INPUTS["central"].astype(float)))
    assert asked == set(INPUTS["id"])


def test_what_the_titles_of_the_chapter_say_holds() -> None:
    """Titles are prose; these are the comparisons that they make."""
    central = INPUTS["central"].astype(float).to_dict()

    def run(name: str) -> dict[str, Any]:
        own = VALUES[VALUES["scenario"] == name]
        return dict(netback.export({**central, **dict(zip(own["parameter"], own["value"], strict=True))}))

    ran = {name: run(name) for name in SCENARIOS["id"]}
    net = {name: float(result["netback"]) for name, result in ran.items()}
    share = (net["us-easing"] - net["no-deal"]) / (net["before-2021"] - net["no-deal"])
    assert 0.17 < share < 0.25, "The deal returns about a fifth"
    steps = [net[name] for name in ("no-deal", "us-easing", "us-dollars", "klaipeda", "eu-lifts", "before-2021")]
    assert steps == sorted(steps), "one of four steps on the way back"
    for name in ("klaipeda", "us-dollars"):
        assert ran[name]["volume"] == pytest.approx(ran["us-easing"]["volume"], abs=0.1), "not a tonne more"
    assert ran["klaipeda"]["volume_russia"] == 0, "takes the cargo from Russia"
    assert ran["us-easing"]["to_ships"] > ran["us-easing"]["to_russia"], "Ships take more than Russia"
    bars = netback.tornado(INPUTS, central, "netback")
    assert list(bars["id"][:2]) == ["price", "discount"]
    assert not {"klaipeda_capacity", "port_russia", "russia_capacity"} & set(bars["id"][:5]), "ports come after"


def test_facts_of_a_scenario_need_no_other_chapter() -> None:
    """The chapter reads the tables that the rows of its inputs are in."""
    names = ["potash_prices", "potash_quotes", "potash_exports", "potash_imports", "potash_production"]
    names += ["potash_routes", "potash_transit", "policy_events", "us_potash"]
    seen = Seen(Chapter("what_if", as_of="2025-12-15", tables=names, root=ROOT).tables, "2025-12-15")
    for cell in INPUTS["rows"].dropna():
        seen.ids(cell.split(), "inputs")
