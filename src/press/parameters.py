"""Parameters that a chapter declares, with their types."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from press.errors import ChapterError, nearest
from press.notebooks import ChapterFile, parsed_cells

_TYPES = {"str": str, "int": int, "float": float, "bool": bool}


def declared_parameters(chapter: ChapterFile) -> dict[str, str]:
    """Return the parameters of the cell tagged so, with the types they are declared with; "" for one without."""
    declared: dict[str, str] = {}
    for cell, tree in parsed_cells(chapter):
        for node in tree.body if "parameters" in cell.tags else ():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                declared[node.target.id] = ast.unparse(node.annotation)
            elif isinstance(node, ast.Assign):
                declared |= {target.id: "" for target in node.targets if isinstance(target, ast.Name)}
    return declared


def check_parameters(chapter: ChapterFile, given: Mapping[str, Any]) -> None:
    """Raise ChapterError for a parameter that the chapter does not declare, or whose type is not the declared one."""
    declared = declared_parameters(chapter)
    if not declared:
        raise ChapterError(
            f"{chapter.place}: found no cell tagged 'parameters', expected one that declares at least as_of: str"
        )
    for name, kind in declared.items():
        if kind not in _TYPES:
            raise ChapterError(
                f"{chapter.place}: the parameter '{name}' is declared without a type; "
                f"expected one of {', '.join(_TYPES)}"
            )
    for name, value in given.items():
        if name not in declared:
            raise ChapterError(f"{chapter.place}: there is no parameter '{name}'{nearest(name, declared)}")
        expected = declared[name]
        fits = isinstance(value, _TYPES[expected]) or (expected == "float" and isinstance(value, int))
        if not fits or (isinstance(value, bool) and expected != "bool"):
            raise ChapterError(
                f"{chapter.place}: the parameter '{name}' is {value!r}; expected a value of type {expected}"
            )
