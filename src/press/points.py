"""Points of a sweep: every combination of a grid, or a seeded sample of the ranges of the scenario parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from press.errors import ChapterError, nearest
from press.scenarios import Parameter

#: What one run is given, by parameter.
Point = dict[str, float]
#: More steps than this on one axis are a slip of the pen.
_MOST_STEPS = 100_000


def parse_axis(text: str) -> tuple[str, list[float]]:
    """Read ``"price=200:500:25"``: from 200 to 500, both included, by 25. Raises ValueError that says what is wrong."""
    name, sign, numbers = text.partition("=")
    try:
        first, last, step = (float(number) for number in numbers.split(":"))
    except ValueError:
        sign = ""
    if not name or not sign or not all(map(math.isfinite, (first, last, step))):
        raise ValueError(f"found '{text}', expected name=first:last:step, as in price=200:500:25")
    if step <= 0 or last < first or (last - first) / step > _MOST_STEPS:
        raise ValueError(f"found '{text}', expected a last value above the first and at most {_MOST_STEPS} steps")
    count = math.floor((last - first) / step + 1e-9) + 1
    return name, [_plain(first + index * step) for index in range(count)]


def grid(axes: Mapping[str, Sequence[float]], known: Mapping[str, Parameter]) -> list[Point]:
    """Return every combination. Raises ChapterError for an unknown parameter or a value out of range."""
    for name, values in axes.items():
        if name not in known:
            raise ChapterError(f"there is no scenario parameter '{name}'{nearest(name, known)}")
        outside = [value for value in values if not known[name].holds(value)]
        if outside:
            raise ChapterError(f"the parameter '{name}' is {outside[0]:g}; expected a number from {known[name].range}")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sample(known: Iterable[Parameter], count: int, seed: int, distribution: str) -> list[Point]:
    """Draw points between ``low`` and ``high`` of each parameter, independent of each other.

    ``distribution`` is ``uniform`` or ``triangular`` (with its top at ``central``). A larger sample of the same seed
    starts with the smaller one, so that its runs are kept.
    """
    chosen = list(known)
    drawn = np.random.Generator(np.random.PCG64(seed)).random((count, len(chosen)))
    inverse = _uniform if distribution == "uniform" else _triangular
    return [{p.id: _plain(inverse(p, float(u))) for p, u in zip(chosen, row, strict=True)} for row in drawn]


def _uniform(parameter: Parameter, u: float) -> float:
    return parameter.low + u * (parameter.high - parameter.low)


def _triangular(parameter: Parameter, u: float) -> float:
    """Return the quantile ``u`` of the triangular distribution."""
    low, top, high = parameter.low, parameter.central, parameter.high
    if high == low:
        return low
    if u < (top - low) / (high - low):
        return low + math.sqrt(u * (high - low) * (top - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - top))


def _plain(number: float) -> float:
    """Keep twelve digits, so that 0.1 + 0.2 is 0.3, and no last bit of one machine."""
    return float(f"{number:.12g}")
