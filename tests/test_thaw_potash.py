"""The share of a market in a seller's exports, derived from the market's own import figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.potash import share_of_exports


def test_the_whole_window_with_no_rounding_is_plain_division() -> None:
    # 5% of 20,000 t in four years are 250 t a year, a tenth of 2,500 t.
    assert share_of_exports(5, 20_000, (4, 4), 2_500, rounding=0) == pytest.approx((10, 10, 10))


def test_fewer_years_of_delivery_mean_a_larger_share() -> None:
    low, mid, high = share_of_exports(4, 22_000, (2, 2.25), 7_400, rounding=0)
    assert low < mid < high
    assert low * 2.25 == pytest.approx(high * 2)


def test_rounding_widens_the_range() -> None:
    exact, rounded = share_of_exports(4, 22_000, (2, 2), 7_400, 0), share_of_exports(4, 22_000, (2, 2), 7_400)
    assert rounded.low == pytest.approx(exact.mid * 3.5 / 4)
    assert rounded.high == pytest.approx(exact.mid * 4.5 / 4)


@pytest.mark.parametrize("years", [(0, 2), (3, 2)])
def test_years_that_make_no_sense_are_refused(years: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="years"):
        share_of_exports(4, 22_000, years, 7_400)


def test_a_seller_without_exports_has_no_share() -> None:
    with pytest.raises(ValueError, match="exports"):
        share_of_exports(4, 22_000, (2, 2), 0)


@given(st.floats(1, 99), st.floats(1, 1e6), st.floats(0.1, 5), st.floats(0, 5), st.floats(1, 1e6))
def test_the_middle_lies_between_the_bounds(
    share: float, bought: float, short: float, more: float, sold: float
) -> None:
    low, mid, high = share_of_exports(share, bought, (short, short + more), sold)
    assert low <= mid <= high
