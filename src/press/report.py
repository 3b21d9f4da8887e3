"""The report of a failed build: a page that says what failed, where, and what to do. The next good build removes it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from press.errors import PressError

PLACE = "_build/report.html"
#: How messages name a place: "notebooks/a.md, line 3", "data/a.csv, row 3", and Sphinx's "book/a.md:3:".
_NAMED = re.compile(r"^(?P<file>[\w./-]+\.\w+)(?:, (?:line|row) (?P<line>\d+)|:(?P<other>\d+):)?")
#: Lines that are shown before and after the one that is marked.
_AROUND = 4
_TO_DO = {
    1: "Mend what the message names and build again.",
    3: "Mend the file that is named. 'press check data' checks the data in a moment, without a build.",
    4: "Mend the line that is marked. 'press run NAME' runs one chapter alone; 'press preview' shows it as you edit.",
    5: "Mend the page that is named. 'press preview' shows pages as you edit them.",
}


@dataclass(frozen=True)
class Fault:
    """One thing that failed: ``code`` holds the lines around ``line`` (0: not known), each with its number."""

    place: str
    message: str
    frames: tuple[str, ...]
    file: str
    line: int
    code: tuple[tuple[int, str], ...]


def faults(root: Path, error: PressError) -> list[Fault]:
    """Split an error's message into what failed: lines that are indented belong to the line above them."""
    found: list[list[str]] = []
    for line in str(error).splitlines():
        if line.startswith("    ") and found:
            found[-1].append(line.strip())
        elif line.strip():
            found.append([line])
    return [_fault(root, message, tuple(frames)) for message, *frames in found]


def _fault(root: Path, message: str, frames: tuple[str, ...]) -> Fault:
    named = _NAMED.match(message)
    if not named:
        return Fault("", message, frames, "", 0, ())
    file, line = named["file"], int(named["line"] or named["other"] or 0)
    place, _, said = message.partition(": ")
    try:
        lines = (root / file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return Fault(place, said, frames, file, line, ())
    first = max(line - _AROUND, 1)
    code = tuple(enumerate(lines[first - 1 : line + _AROUND], first)) if line else ()
    return Fault(place, said, frames, file, line, code)


def page(root: Path, error: PressError) -> str:
    """Return the report as a page that needs no other file."""
    import jinja2  # here: a build that has nothing to do should not wait for it

    environment = jinja2.Environment(loader=jinja2.PackageLoader("press"), autoescape=True, trim_blocks=True)
    template = environment.get_template("report.html")
    return template.render(faults=faults(root, error), to_do=_TO_DO.get(error.exit_code, _TO_DO[1]))


def write(root: Path, error: PressError) -> bool:
    """Write the report under ``root`` and say whether there was room for it: the message is told in any case."""
    try:
        (root / PLACE).write_text(page(root, error), "utf-8")
    except OSError:
        remove(root)
        return False
    return True


def remove(root: Path) -> None:
    """Remove the report of an earlier build, if that can be done: a build that went well is not to fail by it."""
    with suppress(OSError):
        (root / PLACE).unlink(missing_ok=True)
