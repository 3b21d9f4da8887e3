"""A scenario chapter for the tiny book, with its three tables."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import field, table

BASIS = [field("basis"), field("rows"), field("note")]
RESOURCES = [
    table(
        "scenario_parameters",
        [
            *(field(name) for name in ("id", "title", "unit")),
            *(field(name, "number") for name in ("low", "central", "high", "minimum", "maximum")),
            *BASIS,
        ],
    ),
    table("scenarios", [field("id"), field("title"), field("sentence"), *BASIS]),
    table("scenario_values", [field("id"), field("scenario"), field("parameter"), field("value", "number"), *BASIS]),
]
FILES = {
    "scenario_parameters": """id,title,unit,low,central,high,minimum,maximum,basis,rows,note
price,Price of an egg,EUR/egg,0.2,0.3,0.5,0,2,evidence,H001 H002,
grain,Price of grain,EUR/kg,1,1.5,3,0.5,5,assumption,,
""",
    "scenarios": """id,title,sentence,basis,rows,note
now,As it is,Nothing changes.,evidence,H002,
dear,Dear grain,The harvest fails.,assumption,,a guess
""",
    "scenario_values": """id,scenario,parameter,value,basis,rows,note
V1,dear,grain,3,assumption,,
V2,dear,price,0.5,evidence,H003,
""",
}
CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# What if grain is dear

They earn {fact}`income; .2f; EUR`.

```{code-cell} python
:tags: [parameters, hide-input]

as_of: str = "2026-01-31"
scenario: str = "now"
price: float = 0.3
grain: float = 1.5
```

```{code-cell} python
from press import Chapter

ch = Chapter("what_if", as_of=as_of, tables=["hens"])
eggs = ch.table("hens")
laid = eggs[eggs.id == "H002"]
```

```{code-cell} python
income = ch.fact("income", price * laid.value.iloc[0] - grain, unit="EUR", rows=laid)
told = ch.fact("told", f"{scenario} at {price}", unit="text", rows=laid)
```
"""


def write_what_if(root: Path) -> Path:
    """Add the chapter and the tables to a tiny root."""
    path = root / "data/datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    package["resources"] += RESOURCES
    path.write_text(json.dumps(package), "utf-8")
    for name, text in FILES.items():
        (root / f"data/{name}.csv").write_text(text, "utf-8")
    (root / "notebooks/02_what_if.md").write_text(CHAPTER, "utf-8")
    toc = root / "_toc.yml"
    if toc.exists():
        toc.write_text(toc.read_text("utf-8") + "  - file: notebooks/02_what_if\n  - file: book/scenarios\n", "utf-8")
        (root / "book/scenarios.md").write_text(
            "# Scenarios\n\n```{scenario-table}\nincome; .2f; Income\ntold\n```\n", "utf-8"
        )
    return root
