"""A script for each step, which Ploomber runs as a notebook: what Soorgeon makes of a notebook."""

from pathlib import Path

from ploomber import DAG
from ploomber.products import File
from ploomber.tasks import NotebookRunner
from step import COUNT, check, source

_HEAD = "# + tags=['parameters']\nupstream = None\nproduct = None\n\n# +\n"

dag, before = DAG(), None
for number in range(COUNT):
    name = f"s{number}"
    script = Path(f"{name}.py")
    script.write_text(_HEAD + source(number), encoding="utf-8")
    task = NotebookRunner(
        script, File(f"{name}.ipynb"), dag=dag, name=name, kernelspec_name="python3"
    )
    if before is not None:
        before >> task
    before = task
dag.build(show_progress=False)
check()
