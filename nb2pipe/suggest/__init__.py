"""Suggesting steps for a notebook: where to cut it, and what to call the parts.

`suggest_steps` compiles the notebook with every cell as a step of its own, which tells what would have to
be stored at each place where it could be cut. The cuts are those that cost least (`cuts.py`): few variables,
a heading of the notebook, parts that take about as long as each other. What is suggested compiles,
if the notebook does so uncut.
"""

from nb2pipe.suggest.model import SuggestedStep, Suggestion, apply_suggestion
from nb2pipe.suggest.suggester import suggest_steps

__all__ = ["SuggestedStep", "Suggestion", "apply_suggestion", "suggest_steps"]
