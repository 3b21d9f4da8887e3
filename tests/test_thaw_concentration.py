"""The concentration index and its bounds, and what a supplier that comes back does to the shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.concentration import hhi, unnamed, with_share

IMPORTS = {"Canada": 80.0, "Russia": 10.0, "Belarus": 4.0}

some_shares = st.lists(st.floats(0, 20), min_size=1, max_size=5).map(
    lambda values: {f"supplier {i}": value for i, value in enumerate(values)}
)


def test_the_index_of_one_supplier_is_ten_thousand() -> None:
    assert hhi({"Canada": 100}) == (10_000, 10_000)


def test_the_unnamed_rest_makes_a_range() -> None:
    low, high = hhi(IMPORTS)
    assert low == 80**2 + 10**2 + 4**2
    assert high - low == 6**2


def test_others_give_way_in_proportion() -> None:
    after = with_share(IMPORTS, "Belarus", 16)
    assert after == pytest.approx({"Canada": 70, "Russia": 8.75, "Belarus": 16})
    assert unnamed(after) == pytest.approx(6 * 84 / 96)


def test_one_other_supplier_gives_up_all() -> None:
    after = with_share(IMPORTS, "Belarus", 16, only_from="Canada")
    assert after == pytest.approx({"Canada": 68, "Russia": 10, "Belarus": 16})
    assert unnamed(after) == pytest.approx(6)


def test_a_new_supplier_enters() -> None:
    assert with_share({"Canada": 90, "Russia": 10}, "Belarus", 10) == pytest.approx(
        {"Canada": 81, "Russia": 9, "Belarus": 10}
    )


@given(some_shares, st.floats(0, 95), st.sampled_from(["supplier 0", "new"]))
def test_the_market_keeps_its_size(shares: dict[str, float], share: float, supplier: str) -> None:
    after = with_share(shares, supplier, share)
    assert sum(after.values()) + unnamed(after) == pytest.approx(100)
    assert after[supplier] == share
    low, high = hhi(after)
    assert 0 <= low <= high <= 10_000 + 1e-6


@pytest.mark.parametrize(
    ("shares", "supplier", "share", "only_from", "message"),
    [
        (IMPORTS, "Belarus", 120, None, "0 to 100"),
        (IMPORTS, "Belarus", 20, "Russia", "Russia holds 10.0"),
        ({"Canada": 100}, "Canada", 50, None, "whole market"),
        ({"Canada": 70, "Russia": 40}, "Belarus", 5, None, "at most 100"),
        ({"Canada": -1}, "Belarus", 5, None, "0 or more"),
    ],
)
def test_impossible_markets_are_refused(
    shares: dict[str, float], supplier: str, share: float, only_from: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        with_share(shares, supplier, share, only_from=only_from)
