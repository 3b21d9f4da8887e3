"""Chapters on disk: MyST Markdown that people edit, paired with the notebook that holds the accepted outputs."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat

from press.errors import ChapterError, nearest

_FENCE = re.compile(r"^```\{code-cell\}")


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
    """Return all chapters in the order of their names."""
    return [ChapterFile(root, path.stem) for path in sorted((root / "notebooks").glob("*.md"))]


def find_chapter(root: Path, name: str) -> ChapterFile:
    """Return a chapter by stem or by the part after its number. Raises ChapterError if there is none."""
    known = chapters(root)
    for chapter in known:
        if name in (chapter.stem, chapter.stem.partition("_")[2]):
            return chapter
    raise ChapterError(f"there is no chapter '{name}'{nearest(name, [c.stem for c in known])}")


def read_md(chapter: ChapterFile) -> nbformat.NotebookNode:
    """Read the Markdown half as a notebook without outputs, with cell ids made from content."""
    try:
        notebook = jupytext.read(chapter.md)
    except (OSError, UnicodeDecodeError) as error:
        raise ChapterError(f"{chapter.place}: cannot be read: {error}") from None
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


def read_ipynb(path: Path, place: str) -> nbformat.NotebookNode:
    """Read a notebook file. Raises ChapterError if it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise ChapterError(f"{place}: the notebook is missing; 'press accept' makes it") from None
    except Exception as error:
        raise ChapterError(f"{place}: is not a notebook: {str(error).splitlines()[0]}") from None


def pair_problem(chapter: ChapterFile) -> str | None:
    """Say in which cell the two halves of a pair differ, or None if they are in step. Content alone counts."""
    ours = read_md(chapter).cells
    theirs = read_ipynb(chapter.ipynb, f"notebooks/{chapter.stem}.ipynb").cells
    for index, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a.cell_type != b.cell_type or a.source != b.source or _tags(a) != _tags(b):
            return f"{chapter.place}, cell {index + 1}: differs from the .ipynb; 'press sync' brings them in step"
    if len(ours) != len(theirs):
        return f"{chapter.place}: has {len(ours)} cells, the .ipynb has {len(theirs)}; 'press sync' brings them in step"
    return None


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def sync(chapter: ChapterFile) -> bool:
    """Bring prose edits of the ``.md`` into the ``.ipynb``, keeping the accepted outputs of unchanged code cells.

    Returns whether the file changed.
    """
    fresh = read_md(chapter)
    if chapter.ipynb.exists():
        old = read_ipynb(chapter.ipynb, f"notebooks/{chapter.stem}.ipynb")
        accepted = {cell.source: cell for cell in old.cells if cell.cell_type == "code"}
        for cell in fresh.cells:
            if cell.cell_type == "code" and cell.source in accepted:
                cell.outputs = accepted[cell.source].outputs
                cell.execution_count = accepted[cell.source].execution_count
        if "language_info" in old.metadata:
            fresh.metadata["language_info"] = old.metadata["language_info"]
    return write(fresh, chapter.ipynb)


def write(notebook: nbformat.NotebookNode, path: Path) -> bool:
    """Write a notebook with one stable layout; returns whether the file changed."""
    text = nbformat.writes(notebook, indent=1) + "\n"
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.write_text(text, "utf-8")
    return True


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
    lines = chapter.md.read_text("utf-8").splitlines()
    starts = []
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            first = number + 1
            while first <= len(lines) and lines[first - 1].startswith(":"):
                first += 1
            if lines[number : number + 1] == ["---"]:
                first = lines.index("---", number + 1) + 2
            while first <= len(lines) and not lines[first - 1].strip():
                first += 1
            starts.append(first)
    return starts


def chapter_call(chapter: ChapterFile) -> tuple[str, list[str]]:
    """Read name and tables of the ``Chapter("name", ..., tables=[...])`` call without running the chapter."""
    for cell in read_md(chapter).cells:
        if cell.cell_type != "code" or "Chapter(" not in cell.source:
            continue
        with contextlib.suppress(SyntaxError, ValueError, KeyError, IndexError):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Chapter":
                    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                    name = ast.literal_eval(keywords.get("name") or node.args[0])
                    return str(name), list(ast.literal_eval(keywords["tables"]))
    raise ChapterError(f'{chapter.place}: found no Chapter("name", ..., tables=[...]) with literal names')


def parameter_types(chapter: ChapterFile) -> dict[str, str]:
    """Read the declared parameters and their types from the cell tagged ``parameters``, without running the chapter.

    A type is "" where the declaration has none; there are no parameters if there is no such cell.
    """
    declared: dict[str, str] = {}
    for cell in read_md(chapter).cells:
        if "parameters" in _tags(cell):
            with contextlib.suppress(SyntaxError):
                for node in ast.parse(cell.source).body:
                    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                        declared[node.target.id] = ast.unparse(node.annotation)
                    elif isinstance(node, ast.Assign):
                        declared |= {target.id: "" for target in node.targets if isinstance(target, ast.Name)}
    return declared


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
