"""Code in colours, kept by content: from one build to the next most blocks are what they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.highlighting import lexer_classes

from press.keys import digest, environment_parts, key_of


def keep(app: Sphinx) -> None:
    """Let the builder look into the store before it asks Pygments. At ``builder-inited``, after the site.

    A block that met a warning is not kept: the next build has to tell it too. Nor is one in a language that an
    extension registered: what colours that may be the book's own, and change while the lock file stays.
    """
    store = app.press.store  # type: ignore[attr-defined]
    if store is None or app.builder.format != "html":
        return
    bridge = app.builder.highlighter  # type: ignore[attr-defined]
    colour, environment = bridge.highlight_block, key_of(environment_parts(Path(app.srcdir)))

    def highlight_block(
        source: str, lang: str, opts: Any = None, force: bool = False, location: Any = None, **shown: Any
    ) -> str:
        key = digest(json.dumps([environment, source, lang, opts, force, shown], sort_keys=True))
        registered = isinstance(lexer_classes.get(lang), type)  # Sphinx's own are partials
        kept = None if registered else store.get("colours", key)
        if kept is not None:
            return str(kept, "utf-8")
        before = app._warncount
        coloured: str = colour(source, lang, opts, force, location, **shown)
        if app._warncount == before and not registered:
            store.put("colours", key, coloured.encode())
        return coloured

    bridge.highlight_block = highlight_block
