"""Generated notebooks to compile: the same ones for every tool.

Tags are limited to those that nb2pipe and Kale 2 share, and every step names its predecessor with
`prev:`, which nb2pipe does not need.
"""

import json
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]

_IMPORTS = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split"""

_FUNCTIONS = '''\
def season(day, phase=0.0):
    """Return the yearly cycle on a day."""
    return np.sin(2 * np.pi * (day / 365.25 - phase))


def draw(series, title):
    fig, ax = plt.subplots(figsize=(7, 3))
    ax.plot(series.index, series.to_numpy(), linewidth=0.8)
    ax.set(title=title, xlabel="day", ylabel=UNIT)
    plt.show()'''

_LOAD = """\
rng = np.random.default_rng(seed)
days = np.arange(n_days)
UNIT = "kWh"
raw = pd.DataFrame({"day": days, "temperature": 10 - 8 * season(days) + rng.normal(0, 2, n_days)})
raw["weekend"] = raw["day"] % 7 >= 5
for region in range(n_regions):
    demand = 50 + 3 * region - 1.5 * raw["temperature"] - 6 * raw["weekend"]
    raw[f"region_{region}"] = demand + rng.normal(0, 1 + region / 10, n_days)
raw.describe()"""

# One region's cells, in turn; {k} is the region.
_REGION = (
    """\
# Keep the days that the meter of this region saw, and mark what is out of range.
region_{k} = raw[["day", "temperature", "weekend", "region_{k}"]]
region_{k} = region_{k}.rename(columns={{"region_{k}": "demand"}})
limits_{k} = region_{k}["demand"].quantile([0.01, 0.99])
inside_{k} = region_{k}["demand"].between(*limits_{k})
region_{k} = region_{k}[inside_{k}].reset_index(drop=True)
print(f"region {k}: {{(~inside_{k}).sum()}} of {{len(inside_{k})}} days dropped")""",
    """\
# Features are known a day ahead.
features_{k} = pd.DataFrame(
    {{
        "temperature": region_{k}["temperature"],
        "weekend": region_{k}["weekend"].astype(float),
        "season": season(region_{k}["day"]),
        "yesterday": region_{k}["demand"].shift(1).bfill(),
    }}
)
target_{k} = region_{k}["demand"]
X_train_{k}, X_test_{k}, y_train_{k}, y_test_{k} = train_test_split(
    features_{k}, target_{k}, test_size=0.25, shuffle=False
)""",
    """\
model_{k} = Ridge(alpha=alpha).fit(X_train_{k}, y_train_{k})
predicted_{k} = pd.Series(model_{k}.predict(X_test_{k}), index=X_test_{k}.index)
error_{k} = mean_absolute_error(y_test_{k}, predicted_{k})
baseline_{k} = mean_absolute_error(y_test_{k}, X_test_{k}["yesterday"])
if error_{k} > baseline_{k}:
    print(f"region {k}: worse than yesterday's value")
dict(zip(features_{k}.columns, model_{k}.coef_.round(3)))""",
    """\
residuals_{k} = (y_test_{k} - predicted_{k}).rename("residual")
draw(residuals_{k}, f"region {k}: MAE {{error_{k}:.2f}} {{UNIT}}")
worst_{k} = residuals_{k}.abs().nlargest(5)
region_{k}.loc[worst_{k}.index, ["day", "temperature", "demand"]]""",
)


def one_line_steps(count: int) -> Notebook:
    """Return `count` steps of one line: chains of ten, each from the head of the one before."""
    cells = [_code("x0 = 1", "step:s0")]
    for number in range(1, count):
        parent = number - 1 if number % 10 else number - 10
        cells.append(_code(f"x{number} = x{parent} + 1", f"step:s{number}", f"prev:s{parent}"))
    return _notebook(cells)


def realistic(*, regions: int, cells_per_step: int) -> Notebook:
    """Return an analysis of several regions, four ordinary cells each, and a comparison.

    It has `4 * regions + 6` code cells in `regions * 4 / cells_per_step + 2` steps.
    """
    cells = [
        _markdown("# Demand, region by region"),
        _code(_IMPORTS, "imports"),
        _code(
            f"n_days = 1460\nn_regions = {regions}\nalpha = 1.0\nseed = 7", "pipeline-parameters"
        ),
        _code(_FUNCTIONS, "functions"),
        _code(_LOAD, "step:load"),
    ]
    last_steps = []
    for region in range(regions):
        cells.append(
            _markdown(f"## Region {region}\n\nClean, make features, fit, look at what is left.")
        )
        step, parent = "", "load"
        for index, source in enumerate(_REGION):
            tags: list[str] = []
            if index % cells_per_step == 0:
                parent, step = step or parent, f"region{region}part{index // cells_per_step}"
                tags = [f"step:{step}", f"prev:{parent}"]
            cells.append(_code(source.format(k=region), *tags))
        last_steps.append(step)
    errors = ", ".join(f'"region {region}": error_{region}' for region in range(regions))
    compare = f"errors = pd.Series({{{errors}}})\nerrors.sort_values().plot.barh()"
    cells.append(_code(compare, "step:compare", *(f"prev:{step}" for step in last_steps)))
    cells.append(_code('print(f"mean absolute error: {errors.mean():.2f} {UNIT}")'))
    return _notebook(cells)


def write(notebook: Notebook, path: Path) -> Path:
    """Write the notebook and return its path."""
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return path


def _code(source: str, *tags: str) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _notebook(cells: list[dict[str, Any]]) -> Notebook:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": kernel,
            "language_info": {"name": "python"},
            "kubeflow_notebook": {
                "experiment_name": "benchmark",
                "pipeline_name": "benchmark",
                "pipeline_description": "",
                "base_image": "python:3.11",
                "volumes": [],
            },
        },
        "cells": [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)],
    }
