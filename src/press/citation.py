"""How a publication is cited: BibTeX whose fields are text, whatever they hold."""

from __future__ import annotations

from collections.abc import Mapping

_TEX = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\~{}", "^": r"\^{}"})


def bibtex(key: str, fields: Mapping[str, str]) -> str:
    """Write one ``@misc`` entry; what TeX would read as a command is escaped, but not in the address."""
    body = (
        f"  {name} = {{{value if name in ('url', 'year') else '{' + value.translate(_TEX) + '}'}}},\n"
        for name, value in fields.items()
    )
    return f"@misc{{{key},\n{''.join(body)}}}"
