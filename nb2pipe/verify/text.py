"""A verification as text for people."""

from collections.abc import Mapping

from nb2pipe.verify.model import RunStatus, SplitReport, Verification


def report_line(report: SplitReport) -> str:
    """Return one line for one split: which, how it went, and why."""
    number = f"split {report.split.number}" if report.split.number else "as tagged"
    kind = report.split.kind.value if report.split.number else ""
    line = f"  {number:10} {kind:12} {report.status.value:10}"
    if report.status is RunStatus.REFUSED:
        return line + _reason(report)
    line += f"{report.steps:3} steps {report.edges:3} edges {report.seconds:6.1f} s"
    return line + (f"  {_reason(report)}" if report.status is RunStatus.FAILED else "")


def difference_text(
    report: SplitReport, numbers: Mapping[int, int], notebook: str, seed: int
) -> str:
    """Return where a pipeline and the notebook part, and how to see it again."""
    found = report.difference
    if found is None:
        return ""
    lines = [f"different: {notebook}, {report.split.kind.value}"]
    if found.cell is not None:
        lines += [
            f"  cell {found.cell} (step `{found.step}`) shows something else:",
            f"    notebook: {_indented(found.notebook)}",
            f"    pipeline: {_indented(found.pipeline)}",
        ]
    if found.variables:
        names = ", ".join(f"`{name}`" for name in found.variables)
        lines.append(f"  variables that differ at the end: {names}")
    for step, positions in report.split.cells().items():
        lines.append(f"  step {step}: cells {ranges([numbers[at] for at in positions])}")
    lines.append(f"  again: nb2pipe verify {notebook} --seed {seed} --only {report.split.number}")
    return "\n".join(lines)


def summary_text(verification: Verification) -> str:
    """Return the last lines: what was set aside, and how many splits ended how."""
    lines = []
    if verification.stops_at is not None:
        lines.append(
            f"the notebook itself stops at cell {verification.stops_at} ({verification.error}); "
            "what comes before was compared"
        )
    if verification.set_aside or verification.volatile:
        parts = []
        if verification.set_aside:
            parts.append(f"outputs of cells {ranges(list(verification.set_aside))}")
        if verification.volatile:
            parts.append("variables " + ", ".join(f"`{name}`" for name in verification.volatile))
        lines.append(f"set aside, for two runs of the notebook differ in them: {'; '.join(parts)}")
    counts = ", ".join(f"{verification.count(status)} {status.value}" for status in RunStatus)
    lines.append(
        f"{verification.notebook}: {counts} (the notebook alone: {verification.seconds:.1f} s)"
    )
    return "\n".join(lines)


def ranges(numbers: list[int]) -> str:
    """Return numbers as text, runs of them shortened: `1-3, 5`."""
    parts: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1] = parts[-1][0], number
        else:
            parts.append((number, number))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _reason(report: SplitReport) -> str:
    errors = [found for found in report.diagnostics if found.is_error]
    if not errors:
        return ""
    first = errors[0]
    place = f"cell {first.span.cell}" if first.span.cell is not None else "the notebook"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.code.number} {place}: {first.message}{more}"


def _indented(text: str) -> str:
    return "\n              ".join(text.strip().splitlines() or ["(nothing)"])
