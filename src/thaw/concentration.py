"""How concentrated a market is, and how a supplier that comes back changes it.

Shares are percent of the whole market, by supplier. What the named suppliers leave over to 100 belongs to suppliers
that the source does not name.
"""

from __future__ import annotations

from collections.abc import Mapping

Shares = Mapping[str, float]


def unnamed(shares: Shares) -> float:
    """Return what the named suppliers leave over, in percent of the market.

    >>> unnamed({"Canada": 79, "Russia": 11})
    10

    Raises ValueError for a negative share, or if the shares add up to more than 100.
    """
    for name, share in shares.items():
        if share < 0:
            raise ValueError(f"the share of {name} is {share}, expected 0 or more")
    rest = 100 - sum(shares.values())
    if rest < -1e-9:
        raise ValueError(f"the shares add up to {sum(shares.values())}, expected at most 100")
    return max(rest, 0)


def hhi(shares: Shares) -> tuple[float, float]:
    """Return the lowest and the highest Herfindahl-Hirschman index that the shares allow, in points (0 to 10,000).

    The index is the sum of the squared shares. The unnamed rest adds nothing if it is spread over very many
    suppliers, and its own square if it is one supplier.
    """
    named = float(sum(share**2 for share in shares.values()))
    return named, named + unnamed(shares) ** 2


def with_share(shares: Shares, supplier: str, share: float, *, only_from: str | None = None) -> dict[str, float]:
    """Return the shares (percent) after one supplier comes to hold ``share`` percent of the market.

    The market keeps its size. All others, the unnamed too, give way in proportion to what they hold; with
    ``only_from`` one other supplier gives up all of it.

    Raises ValueError if ``share`` is not within 0 and 100, or if ``only_from`` holds less than it is to give up.
    """
    if not 0 <= share <= 100:
        raise ValueError(f"the share of {supplier} is {share}, expected 0 to 100")
    unnamed(shares)
    before = shares.get(supplier, 0.0)
    if only_from is not None:
        left = shares[only_from] - (share - before)
        if left < 0:
            raise ValueError(f"{only_from} holds {shares[only_from]}, less than the {share - before} it is to give up")
        return {**shares, only_from: left, supplier: share}
    if before >= 100:
        raise ValueError(f"{supplier} holds the whole market; nobody else has a share to change")
    scale = (100 - share) / (100 - before)
    return {**{name: held * scale for name, held in shares.items()}, supplier: share}


def price_room(imports: float, price: float, share: float, discount: float, followed: float) -> float:
    """Return what buyers save a year when one supplier sells a share of the imports below the price.

    Parameters
    ----------
    imports, price
        The imports in Mt a year and the price in USD/t; the result is in USD million a year.
    share, discount
        The supplier's share of the imports and what it lets off the price, in percent.
    followed
        The share (0 to 1) of the other suppliers' tonnes that follow it down.
    """
    tonnes = share / 100 + (1 - share / 100) * followed
    return imports * price * discount / 100 * tonnes
