"""Chapters on disk: MyST Markdown that people edit, paired with the notebook that holds the accepted outputs.

jupytext and nbformat take seconds to import: what only looks at a chapter reads its cells as ``press.myst`` has them,
and they are imported where a notebook is made.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from press.errors import ChapterError, nearest
from press.myst import MdCell, md_cells
from press.records import read_notebook
from press.whole import write_whole

if TYPE_CHECKING:
    import nbformat

#: The kernel of chapters.
KERNEL = "python3"


@dataclass(frozen=True)
class ChapterFile:
    """A chapter's pair: ``notebooks/NN_name.md`` and ``.ipynb``."""

    root: Path
    stem: str

    @property
    def md(self) -> Path:
        return self.root / "notebooks" / f"{self.stem}.md"

    @property
    def ipynb(self) -> Path:
        return self.root / "notebooks" / f"{self.stem}.ipynb"

    @property
    def place(self) -> str:
        """The chapter's name in messages."""
        return f"notebooks/{self.stem}.md"


def chapters(root: Path) -> list[ChapterFile]:
    """Return all chapters in the order of their names; none without a folder of them.

    Raises ChapterError for a folder that cannot be listed: ``Path.glob`` would find no chapter in it.
    """
    folder = root / "notebooks"
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise ChapterError(f"notebooks: cannot be listed ({error.strerror}), expected the folder of chapters") from None
    return [ChapterFile(root, name.removesuffix(".md")) for name in names if name.endswith(".md")]


def find_chapter(root: Path, name: str) -> ChapterFile:
    """Return a chapter by stem or by the part after its number. Raises ChapterError if there is none."""
    known = chapters(root)
    for chapter in known:
        if name in (chapter.stem, chapter.stem.partition("_")[2]):
            return chapter
    raise ChapterError(f"there is no chapter '{name}'{nearest(name, [c.stem for c in known])}")


def code_cells(chapter: ChapterFile) -> list[MdCell]:
    """Return the code cells of the ``.md``. Raises ChapterError if it cannot be read."""
    return [cell for cell in md_cells(read_text(chapter)) if cell.kind == "code"]


def read_text(chapter: ChapterFile) -> str:
    """Return the text of the ``.md``. Raises ChapterError if it cannot be read."""
    try:
        return chapter.md.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ChapterError(f"{chapter.place}: cannot be read: {why}") from None


def read_md(chapter: ChapterFile) -> nbformat.NotebookNode:
    """Read the Markdown half as a notebook without outputs, with cell ids made from content."""
    text = read_text(chapter)
    try:
        notebook = copy.deepcopy(_parsed(text))
    except Exception as error:
        raise ChapterError(f"{chapter.place}: is not MyST Markdown that jupytext reads: {error}") from None
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell["id"] = f"{digest}-{seen[digest]}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.get("jupytext", {}).get("text_representation", {}).pop("jupytext_version", None)
    return notebook


@lru_cache(maxsize=32)  # a chapter is run once for each edition and scenario
def _parsed(text: str) -> nbformat.NotebookNode:
    import jupytext

    return jupytext.reads(text, {"extension": ".md"})


def read_ipynb(path: Path, place: str) -> nbformat.NotebookNode:
    """Read a notebook file. Raises ChapterError if it is none."""
    import nbformat

    read_notebook(path)  # says what is wrong in our words
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise ChapterError(f"{place}: is not a notebook: {str(error).splitlines()[0]}") from None


def pair_problem(chapter: ChapterFile) -> str | None:
    """Say in which cell the two halves of a pair differ, or None if they are in step. Content alone counts."""
    if _plainly_in_step(chapter):
        return None
    ours = read_md(chapter).cells
    theirs = read_ipynb(chapter.ipynb, f"notebooks/{chapter.stem}.ipynb").cells
    for index, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a.cell_type != b.cell_type or a.source != b.source or _tags(a) != _tags(b):
            return f"{chapter.place}, cell {index + 1}: differs from the .ipynb; 'press sync' brings them in step"
    if len(ours) != len(theirs):
        return f"{chapter.place}: has {len(ours)} cells, the .ipynb has {len(theirs)}; 'press sync' brings them in step"
    return None


def _plainly_in_step(chapter: ChapterFile) -> bool:
    """Say whether both halves have the same cells at a glance; where this says no, jupytext is asked."""
    cells = read_notebook(chapter.ipynb).get("cells")
    try:
        theirs = [(c["cell_type"], "".join(c["source"]), tuple(c["metadata"].get("tags", ()))) for c in cells or ()]
    except (KeyError, TypeError, AttributeError):
        return False
    return [(cell.kind, cell.source, cell.tags) for cell in md_cells(read_text(chapter))] == theirs


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def sync(chapter: ChapterFile) -> bool:
    """Bring prose edits of the ``.md`` into the ``.ipynb``, keeping the accepted outputs of unchanged code cells.

    What saving in JupyterLab leaves of a run is taken out. Returns whether a file changed.
    """
    text = read_text(chapter)
    plain = text.replace("```{code-cell} ipython3\n", "```{code-cell} python\n")  # JupyterLab names the lexer
    if plain != text:
        write_whole(chapter.md, plain)
    fresh = read_md(chapter)
    if chapter.ipynb.exists():
        old = read_ipynb(chapter.ipynb, f"notebooks/{chapter.stem}.ipynb")
        accepted = {cell.source: cell for cell in old.cells if cell.cell_type == "code"}
        for cell in fresh.cells:
            if cell.cell_type == "code" and cell.source in accepted:
                cell.outputs = accepted[cell.source].outputs
                cell.execution_count = accepted[cell.source].execution_count
        if "language_info" in old.metadata:
            fresh.metadata["language_info"] = {"name": "python"}
    return write(fresh, chapter.ipynb) or plain != text


def write(notebook: nbformat.NotebookNode, path: Path) -> bool:
    """Write a notebook with one stable layout; returns whether the file changed."""
    import nbformat

    text = nbformat.writes(notebook, indent=1) + "\n"
    if path.exists() and path.read_bytes() == text.encode():
        return False
    write_whole(path, text)
    return True


def plain(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook that no person reads: nbformat lays out its lines in Python, and copies it first."""
    return json.dumps(notebook, sort_keys=True, ensure_ascii=False)


def strip_run(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove what tells of a run rather than of its result: timings, papermill's notes, the Python version."""
    notebook.metadata.pop("papermill", None)
    if "language_info" in notebook.metadata:
        notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
    return notebook


def code_lines(chapter: ChapterFile) -> list[int]:
    """Return for each code cell the line of the ``.md`` on which its first line of code stands (counted from 1)."""
    return [cell.line for cell in code_cells(chapter)]


def parsed_cells(chapter: ChapterFile) -> Iterator[tuple[MdCell, ast.Module]]:
    """Yield the code cells that parse as Python, magics blanked, with their trees; running tells of the others."""
    for cell in code_cells(chapter):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            yield cell, parse(cell.source)


@cache
def parse(source: str) -> ast.Module:
    """Return the tree of a cell, its magics blanked. Raises SyntaxError, or what Python says of what is no text."""
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    return ast.parse("\n".join(lines))


def chapter_call(chapter: ChapterFile) -> tuple[str, list[str]]:
    """Read name and tables of the ``Chapter("name", ..., tables=[...])`` call without running the chapter."""
    for cell, tree in parsed_cells(chapter):
        if "Chapter(" not in cell.source:
            continue
        with contextlib.suppress(ValueError, KeyError, IndexError, TypeError, SyntaxError):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Chapter":
                    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                    name = ast.literal_eval(keywords.get("name") or node.args[0])
                    tables = list(ast.literal_eval(keywords["tables"]))
                    if all(isinstance(table, str) for table in tables):
                        return str(name), tables
    raise ChapterError(f'{chapter.place}: found no Chapter("name", ..., tables=[...]) with literal names')


def with_outputs(chapter: ChapterFile, ran: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the chapter as its ``.md`` has it now, with the outputs of a run of the same code cells.

    The cell that papermill put in for the parameters stays where it was put.
    """
    notebook, cells = read_md(chapter), iter([cell for cell in ran.cells if cell.cell_type == "code"])
    merged = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell = next(cells)
            while "injected-parameters" in _tags(cell):
                merged.append(cell)
                cell = next(cells)
        merged.append(cell)
    notebook.cells, notebook.metadata = merged, ran.metadata
    return notebook
