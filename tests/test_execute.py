"""papermill runs the chapters: typed parameters, one message for what goes wrong, committed files untouched."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from press import execute
from press.cli import main
from press.errors import ChapterError
from press.execute import run_all
from press.jobs import Job
from press.keys import key_of
from press.notebooks import find_chapter
from press.package import Package
from press.records import read_records
from press.results import job_parts


def job(root: Path, parameters: Mapping[str, Any] | None = None, **rest: Any) -> Job:
    return Job(find_chapter(root, "hens"), root / "_build" / "out.ipynb", parameters or {}, **rest)


def edit(root: Path, old: str, new: str) -> int:
    """Change the chapter and return the line on which the new text starts."""
    path = root / "notebooks/01_hens.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_run_gives_records_and_touches_nothing_committed(tiny: Path) -> None:
    before = {path: path.read_bytes() for path in tiny.rglob("*") if path.is_file()}
    (output,) = run_all([job(tiny)])
    kinds = [record["kind"] for record in read_records(output)]
    assert kinds == ["chapter", "fact", "fact", "figure", "verdict"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_run_for_its_facts_draws_nothing_and_is_not_taken_for_another(tiny: Path) -> None:
    (output,) = run_all([job(tiny, figures=False)])
    assert [record["kind"] for record in read_records(output)] == ["chapter", "fact", "fact", "verdict"]
    package = Package(tiny)
    assert key_of(job_parts(job(tiny, figures=False), package)) != key_of(job_parts(job(tiny), package))


def test_a_parameter_reaches_the_chapter(tiny: Path) -> None:
    edit(
        tiny, 'laid = hens.fact("laid", rows=eggs[eggs.id == "H002"])', 'laid = hens.fact("laid", rows=eggs.iloc[[0]])'
    )
    edit(tiny, "eggs.value.iloc[1]", "2 * eggs.value.iloc[0]")
    (output,) = run_all([job(tiny, {"as_of": "2025-09-30"})])
    chapter = next(iter(read_records(output)))
    assert chapter["as_of"] == "2025-09-30"


def test_two_runs_give_the_same_bytes(tiny: Path) -> None:
    (output,) = run_all([job(tiny)])
    first = output.read_bytes()
    run_all([job(tiny)])
    assert output.read_bytes() == first


def test_an_error_names_chapter_line_and_cell(tiny: Path) -> None:
    line = edit(tiny, 'laid = hens.fact("laid"', 'x = 1\nx / 0\nlaid = hens.fact("laid"')
    with pytest.raises(ChapterError) as caught:
        run_all([job(tiny)])
    assert str(caught.value).splitlines() == [
        f"notebooks/01_hens.md, line {line + 1} (code cell 3): ZeroDivisionError: division by zero",
        f"    notebooks/01_hens.md, line {line + 1}: x / 0",
    ]


def test_an_error_of_the_press_is_told_in_its_own_words(tiny: Path) -> None:
    line = edit(tiny, 'alt="Bars that grow."', 'alt=""')
    with pytest.raises(ChapterError, match=r"code cell 3\): figure 'eggs': the alt is empty") as caught:
        run_all([job(tiny)])
    assert abs(int(str(caught.value).split("line ")[1].split()[0]) - line) < 7


def test_a_chapter_that_hangs_is_ended_with_its_name(tiny: Path) -> None:
    edit(tiny, 'laid = hens.fact("laid"', 'while True:\n    pass\nlaid = hens.fact("laid"')
    with pytest.raises(ChapterError, match=r"01_hens.md, line \d+ \(code cell 3\): ended after its time limit of 8 s"):
        run_all([job(tiny, time_limit=8)])


def test_a_kernel_that_dies_is_named(tiny: Path) -> None:
    edit(tiny, 'laid = hens.fact("laid"', 'import os\nos._exit(7)\nlaid = hens.fact("laid"')
    with pytest.raises(ChapterError, match=r"notebooks/01_hens.md, line \d+ \(code cell 3\): its kernel died"):
        run_all([job(tiny)])


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"as_off": "2025-12-15"}, "there is no parameter 'as_off'; did you mean 'as_of'?"),
        ({"as_of": 2025}, "the parameter 'as_of' is 2025; expected a value of type str"),
        ({"as_of": "soon"}, "parameter as_of: found 'soon', expected a date"),
    ],
)
def test_a_bad_parameter_is_an_error(tiny: Path, parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(ChapterError, match=told.replace("?", r"\?")):
        run_all([job(tiny, parameters)])


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("as_of = '2026-01-31'", "the parameter 'as_of' is declared without a type; expected one of str, int"),
        ("", "found no cell tagged 'parameters'"),
    ],
)
def test_parameters_must_be_declared_and_typed(tiny: Path, cell: str, told: str) -> None:
    edit(tiny, 'as_of: str = "2026-01-31"', cell)
    with pytest.raises(ChapterError, match=told):
        run_all([job(tiny)])


def test_the_command_line_sets_parameters(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    wrong = CliRunner().invoke(main, ["run", "hens", "--set", "price=400"])
    assert wrong.exit_code == 4 and "there is no parameter 'price'" in wrong.output
    usage = CliRunner().invoke(main, ["run", "hens", "--set", "price"])
    assert usage.exit_code == 2 and "expected name=value" in usage.output
    nobody = CliRunner().invoke(main, ["run", "cocks"])
    assert nobody.exit_code == 4 and "there is no chapter 'cocks'" in nobody.output
    done = CliRunner().invoke(main, ["run", "hens"])
    assert done.exit_code == 0 and (tiny / "_build/runs/01_hens.ipynb").is_file()


def ended_while_a_loop_is_made() -> None:
    execute._settle()
    asyncio.SelectorEventLoop._make_self_pipe = lambda loop: os.kill(os.getpid(), signal.SIGTERM)  # type: ignore[attr-defined]
    asyncio.SelectorEventLoop()


def test_a_worker_that_is_ended_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """At any moment: an event loop that is half made would tell of itself when it is dropped."""
    worker = multiprocessing.get_context("spawn").Process(target=ended_while_a_loop_is_made)
    worker.start()
    worker.join(60)
    assert worker.exitcode == 1 and capfd.readouterr().err == ""
