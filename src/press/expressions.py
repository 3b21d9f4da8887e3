"""Numbers that write down what is done with them: a model in NumPy becomes expressions that Vega evaluates.

A function of plain arithmetic is called with expressions in place of arrays; what it returns are the same formulas,
operation by operation, so that Python and the page compute the same bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

#: What each operation is called in Vega's expression language.
_WRITTEN = {
    "add": "({} + {})",
    "subtract": "({} - {})",
    "multiply": "({} * {})",
    "divide": "({} / {})",
    "negative": "(-{})",
    "minimum": "min({}, {})",
    "maximum": "max({}, {})",
    "greater": "({} > {})",
    "greater_equal": "({} >= {})",
    "less": "({} < {})",
    "less_equal": "({} <= {})",
    "where": "({} ? {} : {})",
}


class Expression(NDArrayOperatorsMixin):
    """An input by its name, a constant, or an operation on expressions.

    Operators and NumPy's functions of the same meaning give a new expression; one that the page could not compute
    raises TypeError.
    """

    def __init__(self, operation: str, arguments: tuple[Expression, ...] = ()) -> None:
        self.operation, self.arguments = operation, arguments

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Expression:
        name = function.__name__
        if method != "__call__" or options or name not in _WRITTEN:
            raise TypeError(f"an expression cannot be given to numpy.{name}")
        return Expression(name, tuple(map(_expression, inputs)))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Expression:
        if function is not np.where or len(args) != 3 or options:
            raise TypeError(f"an expression cannot be given to numpy.{function.__name__}")
        return Expression("where", tuple(map(_expression, args)))

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth of its own; use numpy.where instead of 'if'")


def _expression(value: Any) -> Expression:
    return value if isinstance(value, Expression) else Expression(repr(float(value)))


def signals(
    model: Callable[[Mapping[str, Any]], Mapping[str, Any]], inputs: Iterable[str], outputs: Iterable[str]
) -> list[tuple[str, str]]:
    """Return what a page must compute to have the outputs of ``model``: names and Vega expressions, in order.

    Inputs are signals by their own names; an output is called ``result_`` and its name. What is needed more than once
    is a signal of its own, ``step_`` and a number.
    """
    given = model({name: Expression(name) for name in inputs})
    wanted = {name: _expression(given[name]) for name in outputs}
    merged: dict[tuple[Any, ...], Expression] = {}  # the same operation on the same things is one
    seen: dict[int, Expression] = {}

    def merge(part: Expression) -> Expression:
        if id(part) not in seen:
            arguments = tuple(map(merge, part.arguments))
            key = (part.operation, *map(id, arguments))
            seen[id(part)] = merged.setdefault(key, Expression(part.operation, arguments))
        return seen[id(part)]

    roots = {name: merge(part) for name, part in wanted.items()}
    uses = Counter(id(argument) for part in merged.values() for argument in part.arguments)
    names: dict[int, str] = {}
    found: list[tuple[str, str]] = []

    def write(part: Expression) -> str:
        if not part.arguments:
            return part.operation
        if id(part) in names:
            return names[id(part)]
        text = _WRITTEN[part.operation].format(*map(write, part.arguments))
        if uses[id(part)] < 2:
            return text
        names[id(part)] = f"step_{len(names) + 1}"
        found.append((names[id(part)], text))
        return names[id(part)]

    for name, root in roots.items():
        found.append((f"result_{name}", write(root)))
    return found
