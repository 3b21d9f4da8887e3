"""A tiny book in two editions whose every text tries to be more than text, and whose later rows carry a mark."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import field, table, write_tiny_book

#: Words that would do something wherever a text is taken for markup, script, a template, a link or a formula.
PAYLOAD = (
    '<script>window.hacked=1</script> <img src=x onerror=window.hacked=2> " autofocus onfocus=window.hacked=3 x=" '
    "' onmouseover='window.hacked=4 {{ 7*7 }} {% raw %} ${7*7} </script><!-- ]]> [go](javascript:window.hacked=5) "
    "<a href=javascript:window.hacked=6>go</a> <a href='data:text/html,x'>go</a> {fact}`laid` **bold** &lt;b&gt; \\"
)
FORMULA = "=HYPERLINK(1)"
#: Stands in rows, a source and an update that are known after the first edition.
LATER = "Quagmire"
FIRST, LATEST = "2025-10-01", "2026-01-31"


def cell(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _rows(name: str, note: str) -> str:
    letter = name[0].upper()
    return (
        "id,period,value,unit,qualifier,status,source_id,known_from,locator,note\n"
        f"{letter}001,2024,12,eggs,exact,reported,farm,2024-12-31,{cell(f'Locator {PAYLOAD}')},{cell(note)}\n"
        f"{letter}002,2025-06,18,eggs,over,reported,gossip,2025-09-01,,{cell(note)}\n"
        f"{letter}003,2026,19,eggs,over,reported,late,2026-01-10,{LATER},{LATER} note\n"
    )


def _lines(*rows: tuple[str, ...]) -> str:
    return "".join(",".join(map(cell, row)) + "\n" for row in rows)


SOURCES = "id,publisher,title,published,url,reliability,archived,read\n" + _lines(
    (
        *("farm", f"Farm {PAYLOAD}", f"Counted {PAYLOAD}", "2025-01-01", 'https://example.org/hens?a=1&b="><i>'),
        *("primary", "https://example.org/copy", "2026-01-02"),
    ),
    ("gossip", "A neighbour", f"Heard {PAYLOAD}", "2025-09-01", "", "press", "", ""),
    ("late", f"{LATER} Press", f"{LATER} title", "2026-01-10", f"https://example.org/{LATER}", "primary", "", ""),
)
CLAIMS = "id,chapter,kind,claim,reading,measures,rule,tables\n" + _lines(
    (
        *("C1", "hens", "figure", f"Claim {PAYLOAD}", f"Reading {PAYLOAD}", "growth: eggs"),
        *("supported if growth > 0; contradicted otherwise", "hens"),
    ),
    (
        *("C2", "hens", f"kind {PAYLOAD}", "The hens lay less", "Less", "growth: eggs"),
        *("supported if growth < 0; contradicted otherwise", "hens"),
    ),
    (
        *("C3", "hens", "forecast", "They will lay more", "More", "later: eggs"),
        *("supported if later > 5; contradicted otherwise", "hens"),
    ),
)
UPDATES = f"""id,date,chapter,change
first,2025-09-30,book,{cell(f"Change {PAYLOAD}")}
second,2026-01-20,hens,{LATER} change
"""
EDITIONS = f"""id,as_of,title
first,{FIRST},{cell(f"First {PAYLOAD}")}
latest,{LATEST},Latest
"""
CHAPTER = f"""---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# Hens \\<img src=x onerror=window.hacked=7> lay

They laid {{fact}}`laid; .0f; eggs`, says {{fact}}`said`, asked by {{fact}}`asked`.

```{{code-cell}} python
:tags: [parameters, hide-input]

as_of: str = "{LATEST}"
who: str = {PAYLOAD!r}
```

```{{code-cell}} python
import altair as alt
import pandas as pd
from IPython.display import HTML, Javascript, Markdown, display
from press import Chapter

payload = who
hens = Chapter("hens", as_of=as_of, tables=["hens"])
eggs = hens.table("hens")
```

```{{code-cell}} python
laid = hens.fact("laid", rows=eggs.iloc[[1]])
growth = hens.fact("growth", 6, unit="eggs", rows=eggs.iloc[:1])
said = hens.fact("said", "Said " + payload, unit="text", rows=eggs.iloc[:1])
asked = hens.fact("asked", "Asked " + who, unit="text", rows=eggs.iloc[:1])
later = eggs[eggs.known_from > "{FIRST}"]
later = hens.fact("later", rows=later) if len(later) else hens.missing("later", unit="eggs")
hens.figure(
    alt.Chart(eggs[["note", "value"]].rename(columns={{"note": "<b onclick=1>note"}}))
    .mark_bar()
    .encode(x=alt.X("<b onclick=1>note:N", title="Axis " + payload), y="value:Q"),
    id="eggs",
    title="Title " + payload,
    subtitle="Subtitle " + payload,
    alt="Alt " + payload,
    caveat="Caveat " + payload,
    rows=eggs,
)
hens.judge("C1", growth=growth, because="{FORMULA} " + payload, would_change="Would " + payload, evidence=laid)
hens.judge("C2", growth=growth, because="@SUM(1) " + payload, would_change="Would " + payload)
hens.judge("C3", later=later, because="It is written.", would_change="Time.")
```

```{{code-cell}} python
print("Printed", payload)
display(HTML(payload), Markdown(payload), Javascript("window.hacked=8"))
pd.DataFrame({{payload: [payload]}})
```
"""


def write_hostile_book(root: Path) -> Path:
    """Write the book; its results are still to be accepted."""
    write_tiny_book(root)
    data = root / "data"
    described = json.loads((data / "datapackage.json").read_text("utf-8"))
    sources, hens, claims = described["resources"]
    sources["schema"]["fields"] += [field("archived"), field("read")]
    hens["schema"]["fields"] += [field("locator"), field("note")]
    ducks = json.loads(json.dumps(hens)) | {"name": "ducks", "path": "ducks.csv", "title": f"Ducks {PAYLOAD}"}
    ducks["description"] = f"Described {PAYLOAD}"
    updates = table("updates", [field("id"), field("date", "date"), field("chapter"), field("change")])
    editions = table("editions", [field("id"), field("as_of", "date"), field("title")])
    described |= {
        "resources": [sources, hens, ducks, claims, updates, editions],
        "title": f"Package {PAYLOAD}",
        "description": f"Described {PAYLOAD}",
        "licenses": [{"name": f"Licence {PAYLOAD}", "path": "javascript:window.hacked=9"}],
    }
    (data / "datapackage.json").write_text(json.dumps(described), "utf-8")
    texts = {"sources": SOURCES, "claims": CLAIMS, "updates": UPDATES, "editions": EDITIONS}
    texts |= {name: _rows(name, f"Note {PAYLOAD}") for name in ("hens", "ducks")}
    for name, text in texts.items():
        (data / f"{name}.csv").write_text(text, "utf-8")
    (root / "notebooks/01_hens.md").write_text(CHAPTER, "utf-8")
    (root / "book/updates.md").write_text("# Updates\n\n```{updates}\n```\n\n```{since-then}\n```\n", "utf-8")
    (root / "book/figures.md").write_text("# Figures\n\n```{all-figures}\n```\n", "utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - file: book/updates\n  - file: book/figures\n")
    config = (root / "_config.yml").read_text("utf-8")
    said = json.dumps(
        {"author": f"By {PAYLOAD}", "title": f"On {PAYLOAD}", "url": "https://example.org/on", "date": "2025-09-01"}
    )
    config = config.replace(
        "title: Hens\n", f"title: {json.dumps(f'Hens {PAYLOAD}')}\nauthor: {json.dumps(f'A {PAYLOAD}')}\n"
    )
    config = config.replace("  config:\n", f"  config:\n    press_commentary: {said}\n")
    (root / "_config.yml").write_text(config, "utf-8")
    return root
