"""What people see of a run."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console  # noqa: TID253 -- a test may be slow to start

from nb2pipe.engine import Observer, progress_observer
from nb2pipe.engine.progress import LiveProgress
from nb2pipe.ir import Pipeline
from tests.engine.pipelines import pipeline_of, run, step_of


def failing() -> Pipeline:
    return pipeline_of(
        step_of("load", "print('loading [bold]')\nx = 0", makes=("x",)),
        step_of("fit", "print('line one\\nline two')", "\n1 / x  # here", needs={"x": "load"}),
        step_of("show", "1", after=("fit",)),
    )  # fmt: skip


def shown(directory: Path, *, logs: bool = False) -> list[str]:
    stream = io.StringIO()
    run(failing(), directory, observer=progress_observer(stream, logs=logs))
    return stream.getvalue().splitlines()


def test_without_a_terminal_there_is_a_line_for_each_event(tmp_path: Path):
    lines = shown(tmp_path)
    assert lines[0] == "  load: running"
    assert lines[1].startswith("✓ load: done (")
    assert lines[2] == "  fit: running"
    assert lines[3].startswith("✗ fit: failed (")
    assert lines[4] == "- show: not run"
    assert not any("\x1b" in line for line in lines)


def test_a_failed_step_shows_its_cell_line_source_and_last_words(tmp_path: Path):
    lines = shown(tmp_path)[5:]
    assert any(line.startswith("error[NB501]: ") and "ZeroDivisionError" in line for line in lines)
    assert "  --> notebook.ipynb:cell 3:2" in lines
    assert "2 | 1 / x  # here" in lines
    assert "  line two" in lines
    assert lines[-1].startswith("the run failed: 1 of 3 steps done in ")


def test_the_lines_of_the_steps_are_shown_when_asked_for(tmp_path: Path):
    lines = shown(tmp_path, logs=True)
    assert "  load | loading [bold]" in lines
    assert "  load | loading [bold]" not in shown(tmp_path)


def live(pipeline: Pipeline, directory: Path, *, height: int = 40) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, height=height, color_system=None
    )
    observer: Observer = LiveProgress(console)
    run(pipeline, directory, observer=observer)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_a_terminal_shows_a_table_of_all_steps(tmp_path: Path):
    text = live(failing(), tmp_path)
    final = text[: text.index("\nerror[")].rsplit("\x1b[2K", 1)[1]
    rows = [line.split() for line in final.splitlines() if line.strip()]
    assert [row[:2] for row in rows[:3]] == [["✓", "load"], ["✗", "fit"], ["-", "show"]]
    assert rows[1][-1] == "failed"
    assert "2 | 1 / x  # here" in text
    # The cursor is visible again.
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_more_steps_than_lines_show_the_ones_that_matter(tmp_path: Path):
    steps = [step_of(f"s{number}", "1") for number in range(8)] + [step_of("bad", "1 / 0")]
    text = live(pipeline_of(*steps), tmp_path, height=7)
    final = text[: text.index("\nerror[")].rsplit("\x1b[2K", 1)[1]
    assert "bad" in final
    assert "… and 5 more, 9 of all ended" in final


def test_what_the_guard_could_not_check_is_said(tmp_path: Path):
    result = run(pipeline_of(step_of("load", "1")), tmp_path)
    guard = {"seconds": 0.1, "checked": 0, "unchecked": {"model": "that would take too long"}}
    stream = io.StringIO()
    progress_observer(stream).run_ended(
        replace(result, steps=(replace(result.steps[0], guard=guard),))
    )
    said = "step `load` was not checked for changes of `model`: that would take too long"
    assert said in stream.getvalue()
