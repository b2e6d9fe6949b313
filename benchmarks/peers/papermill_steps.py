"""A notebook for each step, which papermill runs, all from one process."""

import papermill
from nbformat import write  # noqa: TID253 -- what this is for
from nbformat.v4 import new_code_cell, new_notebook  # noqa: TID253 -- as above
from step import COUNT, check, source

for number in range(COUNT):
    name = f"s{number}.ipynb"
    write(new_notebook(cells=[new_code_cell(source(number))]), name)
    papermill.execute_notebook(name, f"out-{name}", kernel_name="python3", progress_bar=False)
check()
