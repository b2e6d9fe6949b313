"""Kinds of notebooks that once came out different or failed, each equal under these splits."""

import pytest

from nb2pipe.verify import Options, RunStatus, verify_notebook

KINDS = {
    "a frame is shown by a step that does not import pandas itself": [
        ("import numpy as np\nimport pandas as pd\ndf = pd.DataFrame(np.zeros((2, 30)))", "step:a"),
        ("df", "step:b"),
    ],
    "a module is imported for what that does": [
        ("import json\nimport plugin", "step:a"),
        ("print(json.plugged)", "step:b"),
    ],
    "a cell that is allowed to raise, half of which runs": [
        ("x = [1]", "step:a"),
        ("x.append(2)\ny = 5\n1 / 0\nx.append(3)\nz = 6", "step:b", "raises-exception"),
        ("print(x, y)\nprint('z' in dir())", "step:c"),
    ],
    "an option set by a function of a star import": [
        (
            "from numpy import *\nset_printoptions(precision=2)\nset_printoptions(precision=3)",
            "step:a",
        ),
        ("print(array([1 / 3]))", "step:b"),
    ],
    "a part of an attribute is set": [
        ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})", "step:a"),
        ("df.index.names = ['key']\ndf.columns.name = 'column'", "step:b"),
        ("df", "step:c"),
    ],
    "tables whose rows have the same numbers": [
        (
            "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})\npair = [df, df['b'].copy()]",
            "step:a",
        ),
        ("print(len(pair))", "step:b"),
    ],
    "columns that have one index": [
        (
            "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})\nlow, high = df.a < 2, df.b > 3",
            "step:a",
        ),
        ("print(low.sum())", "step:b"),
        ("both = [low, high]\nprint(len(both))", "step:c"),
    ],
    "a submodule that a library has imported": [
        ("import matplotlib\nimport pandas as pd", "step:a"),
        ("ax = pd.Series([1, 2]).hist()", "step:b"),
        ("print(matplotlib.pyplot.get_backend())", "step:c"),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind_is_equal(nb, tmp_path, kind):
    (tmp_path / "plugin.py").write_text("import json\njson.plugged = True\n")
    found = verify_notebook(nb(*KINDS[kind]), Options(splits=2))
    statuses = {report.split.number: report.status for report in found.reports}
    assert set(statuses.values()) == {RunStatus.EQUAL}, found.to_json()
    assert 0 in statuses
