"""A kernel for each step, as Kale's steps start one, all from one process."""

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook  # noqa: TID253 -- what this is for
from step import COUNT, check, source

for number in range(COUNT):
    notebook = new_notebook(cells=[new_code_cell(source(number))])
    NotebookClient(notebook, kernel_name="python3").execute()
check()
