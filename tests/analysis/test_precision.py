"""Steps that do not depend on each other must not wait for each other.

Every case is a first step, two further ones that use what it made, and perhaps a last one that uses
what these two made. The two must come out side by side, whatever order they stand in.
"""

import networkx as nx  # noqa: TID253 -- start-up time does not matter here
import pytest

SKLEARN = """\
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn import metrics
df = pd.read_csv("data.csv")
X, y = df.drop(columns="target"), df["target"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""
STATSMODELS = """\
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
data = sm.datasets.engel.load_pandas().data
x = np.linspace(0, 1, 50)
X = sm.add_constant(x)
y = 2 * x + 1
fitted = sm.OLS(y, X).fit()
"""
PLOTS = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
df = pd.read_csv("data.csv")
x = np.linspace(0, 1, 100)
plt.rcParams["figure.figsize"] = (8, 5)
"""
FRAMES = """\
import numpy as np
import pandas as pd
df = pd.read_csv("data.csv")
df["day"] = pd.to_datetime(df["time"]).dt.date
other = pd.read_csv("other.csv")
"""
ARRAYS = """\
import numpy as np
from scipy import integrate, optimize, stats
rng = np.random.default_rng(1)
a = rng.normal(size=(100, 3))
w = np.ones(100)
def rss(p, a):
    return ((a @ p) ** 2).sum()
"""
TORCH = """\
import torch
from torch import nn
X = torch.linspace(0, 1, 50).reshape(-1, 1)
y = 2 * X + 1
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(1, width)
        self.outer = nn.Linear(width, 1)
    def forward(self, x):
        return self.outer(torch.relu(self.inner(x)))
def train(model, X, y, epochs=10):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X), y)
        loss.backward()
        optimizer.step()
    return loss.item()
small = Net(4)
large = Net(16)
"""

PAIRS = {
    # --- scikit-learn
    "two models on the same data": (
        SKLEARN,
        "model_a = LogisticRegression()\nmodel_a.fit(X_train, y_train)",
        "model_b = RandomForestClassifier(random_state=0)\nmodel_b.fit(X_train, y_train)",
        "print(model_a.score(X_test, y_test), model_b.score(X_test, y_test))",
    ),
    "two models under the same name": (
        SKLEARN,
        "model = LogisticRegression()\nmodel.fit(X_train, y_train)\nprint(model.score(X_test, y_test))",
        (
            "model = RandomForestClassifier(random_state=0)\nmodel.fit(X_train, y_train)\n"
            "print(model.score(X_test, y_test))"
        ),
    ),
    "two uses of a fitted model": (
        SKLEARN + "model = LogisticRegression().fit(X_train, y_train)",
        "pred = model.predict(X_test)\nprint(metrics.confusion_matrix(y_test, pred))",
        "prob = model.predict_proba(X_test)[:, 1]\nfpr, tpr, _ = metrics.roc_curve(y_test, prob)",
    ),
    "a pipeline and a scaled copy": (
        SKLEARN,
        "pipe = make_pipeline(StandardScaler(), LogisticRegression())\npipe.fit(X_train, y_train)",
        "scaler = StandardScaler()\nscaled = scaler.fit_transform(X_train)\nprint(scaled.mean())",
    ),
    "a search and a cross-validation": (
        SKLEARN + "cv = 5",
        "search = GridSearchCV(LogisticRegression(), {'C': [0.1, 1]}, cv=cv)\nsearch.fit(X_train, y_train)",
        "scores = cross_val_score(LogisticRegression(), X_train, y_train, cv=cv)\nprint(scores.mean())",
    ),
    "a loop over models": (
        SKLEARN,
        (
            "scores = []\nfor C in [0.1, 1.0]:\n    m = LogisticRegression(C=C).fit(X_train, y_train)\n"
            "    scores.append(m.score(X_test, y_test))"
        ),
        (
            "depths = []\nfor d in range(3):\n    m = RandomForestClassifier(max_depth=d, random_state=0)\n"
            "    m.fit(X_train, y_train)\n    depths.append(m.score(X_test, y_test))"
        ),
        "print(scores, depths)",
    ),
    # --- statsmodels
    "two regressions": (
        STATSMODELS,
        "ols = sm.OLS(y, X).fit()\nprint(ols.summary())",
        "wls = sm.WLS(y, X, weights=1 / x[1]).fit()\nprint(wls.params)",
        "print(ols.params - wls.params)",
    ),
    "two formulas": (
        STATSMODELS,
        "first = smf.ols('foodexp ~ income', data).fit()\nprint(first.summary())",
        "second = smf.quantreg('foodexp ~ income', data).fit(q=0.5)\nprint(second.params)",
    ),
    "two questions to a fitted model": (
        STATSMODELS,
        "means = fitted.model.exog.mean(axis=0)\nmeans[0] = 3\nprint(fitted.predict(means))",
        "print(fitted.summary())\nband = fitted.get_prediction().summary_frame()",
    ),
    # --- matplotlib and seaborn
    "two figures": (
        PLOTS,
        "fig, ax = plt.subplots()\nax.plot(x, x)\nax.set_title('line')",
        "fig, ax = plt.subplots()\nax.plot(x, x ** 2)\nax.set_title('parabola')\nplt.show()",
    ),
    "two figures of pyplot": (
        PLOTS,
        "plt.figure()\nplt.plot(x, np.sin(x))\nplt.title('sine')\nplt.show()",
        "plt.figure()\nfor i in range(3):\n    plt.subplot(1, 3, i + 1)\n    plt.plot(x, x ** i)\nplt.show()",
    ),
    "a figure and a computation": (
        PLOTS,
        "df.plot(x='a', y='b')\nplt.xlabel('a')\nplt.show()",
        "table = df.groupby('a').mean()\nprint(table)",
    ),
    "a plotting function, called twice": (
        PLOTS
        + "def draw(values, title):\n    fig, ax = plt.subplots()\n    ax.hist(values, bins=20)\n"
        "    ax.set_title(title)\n    return ax\n",
        "ax = draw(df['a'], 'a')",
        "ax = draw(df['b'], 'b')",
    ),
    "seaborn, on axes and on figures": (
        PLOTS,
        "fig, axes = plt.subplots(1, 2)\nsns.histplot(df['a'], ax=axes[0])\nsns.boxplot(data=df, x='b', ax=axes[1])",
        "grid = sns.pairplot(df, hue='b')\ngrid.fig.suptitle('all')",
        "print(df.describe())",
    ),
    "a heat map and a bar chart": (
        PLOTS,
        "plt.figure(figsize=(9, 9))\nsns.heatmap(df.corr(), annot=True)",
        "sns.set_style('whitegrid')\nsns.countplot(x='a', data=df)\nplt.ylabel('count')",
    ),
    # --- pandas
    "two tables from one": (
        FRAMES,
        "by_day = df.groupby('day')['value'].sum()\nby_day.name = 'total'",
        "wide = df.pivot_table(index='day', columns='kind', values='value')\nwide['all'] = wide.sum(axis=1)",
        "print(by_day, wide)",
    ),
    "two selections with a new column each": (
        FRAMES,
        "first = df[df['value'] > 0]\nfirst = first.assign(double=first['value'] * 2)",
        "second = df.loc[:, ['day', 'value']]\nsecond['half'] = second['value'] / 2",
        "print(first, second)",
    ),
    "a merge and a description": (
        FRAMES,
        "merged = pd.merge(df, other, on='key')\nmerged['ratio'] = merged['x'] / merged['y']",
        "df.info()\nprint(df.head(), df.shape, df.dtypes, df.isna().sum())",
    ),
    "a frame made of columns": (
        FRAMES,
        "short = pd.DataFrame({'d': df['day'].values, 'v': df['value'].values})\nshort['w'] = 1",
        "print(df['value'].mean(), df['day'].unique())",
    ),
    "a loop over groups": (
        FRAMES,
        "for name, group in df.groupby('kind'):\n    print(name, group['value'].sum())",
        "for name, column in df.items():\n    print(name, column.isna().sum())",
    ),
    "a loop over the columns": (
        FRAMES,
        "means = {}\nfor name in df.columns:\n    means[name] = df[name].mean()",
        "ranges = {name: df[name].max() - df[name].min() for name in df.columns}",
        "print(means, ranges)",
    ),
    # --- numpy and scipy
    "two results from one array": (
        ARRAYS,
        "u, s, vt = np.linalg.svd(a - a.mean(axis=0))",
        "q = np.quantile(a, [0.1, 0.9], axis=0)\nq[0] = 0",
        "print(s, q)",
    ),
    "a changed copy": (
        ARRAYS,
        "b = a.copy()\nb[0] = 0\nb *= 2",
        "c = a[a[:, 0] > 0]\nc[0] = 0\nd = a[:, [0, 1]]\nd += 1",
        "print(b, c)",
    ),
    "two optimisations": (
        ARRAYS,
        "best = optimize.minimize(rss, np.zeros(3), args=(a,))\nprint(best.x)",
        "root = optimize.brentq(lambda t: t ** 2 - 2, 0, 2)\narea, error = integrate.quad(np.sin, 0, root)",
    ),
    "two tests": (
        ARRAYS,
        "t, p = stats.ttest_1samp(a[:, 0], 0)\nprint(t, p)",
        "print(stats.describe(a), np.average(a[:, 0], weights=w))",
    ),
    "a generator of its own each": (
        ARRAYS,
        "r1 = np.random.default_rng(1)\nsample = r1.choice(a[:, 0], 10)",
        "r2 = np.random.default_rng(2)\nnoise = r2.normal(size=3)",
    ),
    # --- torch
    "two networks": (
        TORCH,
        "loss_small = train(small, X, y)",
        "loss_large = train(large, X, y)",
        "print(loss_small, loss_large, small(X), large(X))",
    ),
    "two networks made where they are trained": (
        TORCH,
        "model = Net(8)\nloss_a = train(model, X, y)",
        "model = Net(32)\nloss_b = train(model, X, y)",
        "print(loss_a, loss_b)",
    ),
    # --- the language
    "loop variables of the same name": (
        "xs = [1, 2]",
        "for i, x in enumerate(xs):\n    print(i, x)",
        "for i, x in enumerate(xs):\n    print(x, i)",
    ),
    "functions that read": (
        (
            "data = {'a': [1, 2], 'b': [3]}\ndef total(d):\n    return sum(sum(v) for v in d.values())\n"
            "def longest(d):\n    return max(d, key=lambda k: len(d[k]))"
        ),
        "t = total(data)",
        "m = longest(data)",
        "print(t, m)",
    ),
    "instances that answer": (
        (
            "class Box:\n    def __init__(self, xs): self.xs = xs\n"
            "    def mean(self): return sum(self.xs) / len(self)\n"
            "    def __len__(self): return len(self.xs)\n    def __repr__(self): return f'Box of {len(self)}'\n"
            "box = Box([1, 2, 3])"
        ),
        "print(box.mean(), len(box))",
        "print(box, [x for x in box.xs])",
    ),
    "a class of a library's kind, made twice": (
        (
            "from statsmodels.tsa.statespace.mlemodel import MLEModel\nendog = [1.0, 2.0]\n"
            "class Level(MLEModel):\n    def __init__(self, endog):\n        super().__init__(endog, k_states=1)\n"
            "        self['design'] = [1.0]\n        self.ssm.filter_concentrated = True\n"
            "    def update(self, params, **kwargs):\n        params = super().update(params, **kwargs)\n"
            "        self['state_cov', 0, 0] = params[0]"
        ),
        "first = Level(endog)\nres_first = first.fit(disp=0)",
        "second = Level(endog)\nres_second = second.fit(disp=0)",
        "print(res_first.params, res_second.params)",
    ),
    "imports and options inside steps": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')",
        "import numpy as np\npd.set_option('display.precision', 3)\nprint(np.sqrt(df['a']))",
        "import numpy as np\nfrom math import log\nprint(np.exp(df['b']), log(2))",
    ),
    "a setting with values of its own": (
        """import matplotlib.pyplot as plt
size = (9, 5)
params = {"figure.figsize": size, "lines.linewidth": 2, "axes.titlesize": "large"}
plt.rcParams.update(params)
xs = 3""",
        """plt.plot([1, 2])""",
        """plt.hist([1, 2])
print(params)""",
    ),
    "two questions to a frame of polars": (
        'import polars as pl\ndf = pl.read_csv("data.csv")',
        'sums = df.group_by("k").agg(pl.col("v").sum())\nprint(sums)',
        'more = df.filter(pl.col("v") > 0).with_columns((pl.col("v") * 2).alias("w"))\nprint(more)',
        "print(sums, more)",
    ),
    "two questions to a data set of xarray": (
        'import xarray as xr\nds = xr.open_dataset("data.nc")',
        'mean = ds["t"].mean(dim="time")\nmean.plot()',
        'months = ds.sel(lat=3).groupby("time.month").mean()\nmonths["t"] = months["t"] - 1',
        "print(mean, months)",
    ),
    "two networks of keras": (
        "import numpy as np\nfrom tensorflow import keras\nX, y = np.zeros((3, 2)), np.zeros(3)",
        'a = keras.Sequential([keras.layers.Dense(3)])\na.compile(loss="mse")\nlog_a = a.fit(X, y)',
        'b = keras.Sequential([keras.layers.Dense(9)])\nb.compile(loss="mse")\nlog_b = b.fit(X, y)',
        "print(a.predict(X), b.predict(X))",
    ),
    "two fits of one cost function": (
        """import numpy as np
from iminuit import Minuit
from iminuit.cost import LeastSquares
def line(x, a, b):
    return a + b * x
x = np.linspace(0, 1, 5)
cost = LeastSquares(x, x, 0.1, line)""",
        "first = Minuit(cost, a=0, b=0)\nfirst.migrad()",
        "second = Minuit(cost, a=1, b=1)\nsecond.simplex()\nsecond.hesse()",
        "print(first.values, second.values)",
    ),
    "two axes of a figure each, in loops": (
        PLOTS,
        """fig, axes = plt.subplots(2, 2)
for ax, name in zip(axes.flat, df.columns):
    ax.hist(df[name])
    ax.set_title(name)
plt.tight_layout()""",
        """fig, axes = plt.subplots(1, 2)
for i, name in enumerate(df.columns):
    sns.boxplot(data=df, y=name, ax=axes[i])""",
    ),
    "results of parallel work": (
        "import joblib\nruns = joblib.Parallel(2)(joblib.delayed(len)([i]) for i in range(9))",
        "print(sum(run for run in runs))",
        "print([run for run in runs])",
    ),
    "a function that saves figures": (
        PLOTS
        + """
from pathlib import Path
IMAGES = Path() / "images" / "lesson"
def save_fig(name, tight_layout=True, extension="png", resolution=300):
    path = IMAGES / f"{name}.{extension}"
    if tight_layout:
        plt.tight_layout()
    plt.savefig(path, format=extension, dpi=resolution)
""",
        'plt.plot(x, x)\nsave_fig("line")\nplt.show()',
        'plt.plot(x, x ** 2)\nsave_fig("parabola", extension="svg")\nplt.show()',
    ),
    "an instance of a library's kind that is called": (
        """from collections import Counter
class Dist(Counter):
    def __init__(self, samples, name):
        super().__init__(samples)
        self.size = len(samples)
        self.name = name
    def __call__(self, x):
        return self[x] / self.size
dist = Dist("aab", "letters")""",
        'print(dist("a"))',
        'print(sum(dist(x) for x in "ab"), dist.name)',
    ),
    "values of a library's kind, in a table, that are called": (
        """import random
from typing import *
class Dist(Counter):
    def __init__(self, samples, name="dist"):
        super().__init__(samples)
        self.size = len(list(self.elements()))
        self.name = name
    def __call__(self, x):
        return self[x] / self.size
def normal(width):
    return Dist([max(0, round(random.gauss(100, width))) for _ in range(9)], "normal")
def peek(dist):
    return Dist(random.choices(list(dist), list(dist.values()), k=9), dist.name + "_peek")
def expect(dist, plan, n):
    return sum(dist(x) * (expect(dist, plan, n - 1) if plan(n, x) else x) for x in dist)
def best(dist):
    def plan(n, x):
        return n and expect(dist, plan, n - 1) > x
    return plan
def compare(dists, ways=[best]):
    table = {(dist, n): peek(dist) for dist in dists for n in (1, 2)}
    for dist, n in table:
        for way in ways:
            print(n, expect(dist, way(table[dist, n]), n))
random.seed(1)
narrow = normal(1)
wide = normal(9)""",
        "random.seed(2)\ncompare([narrow, wide])",
        "random.seed(3)\ncompare([narrow])\nprint(wide)",
    ),
    "a parent's attribute that a child does not set": (
        """class Parent:
    def __init__(self, xs):
        self.size = len(xs)
class Child(Parent):
    def __init__(self, xs):
        super().__init__(xs)
        self.found = []
xs = [1]
child = Child(xs)""",
        "child.found.append(2)\nprint(child.size)",
        "print(xs)",
    ),
    "types for annotations": (
        """from collections import Counter
from typing import *
Pair = Tuple[int, int]
Action = Literal["keep", "sell"]
class Dist(Counter):
    pass
Space = Union[set, Dist]
Strategy = Callable[[int, Pair], Optional[Action]]
def plan(space: Space) -> Strategy:
    return lambda n, pair: "keep"
print(plan({1}))""",
        """def first(space: Space, strategy: Strategy) -> Pair:
    return 1, 2
print(first({1}, plan({1})))""",
        """def second(space: Space) -> List[Pair]:
    return [(1, 2)]
print(second({2}))""",
    ),
    "names of a star import": (
        "from numpy import *\nxs = array([1.0, 2.0, 3.0])",
        "m = mean(xs)\ns = concatenate((xs, array([4.0])))",
        "n = sqrt(xs) + sort(xs)",
    ),
}


def independent(analysis, *steps):
    """Tell whether the second and the third step wait neither for each other."""
    names = ["first", "left", "right", "last"]
    made = analysis(*zip(names, steps, strict=False))
    assert made.codes == []
    graph = nx.DiGraph(list(made.edges))
    graph.add_nodes_from(names)
    return not (nx.has_path(graph, "left", "right") or nx.has_path(graph, "right", "left"))


@pytest.mark.parametrize("steps", PAIRS.values(), ids=PAIRS)
def test_run_side_by_side(analysis, steps):
    assert independent(analysis, *steps)


@pytest.mark.parametrize("steps", PAIRS.values(), ids=PAIRS)
def test_run_side_by_side_the_other_way_round(analysis, steps):
    first, left, right, *last = steps
    assert independent(analysis, first, right, left, *last)


# What looks alike, and is tied: the second step changes what the third one uses.
TIED = {
    "a view of a range of columns": (
        "import numpy as np\na = np.zeros((3, 3))",
        "b = a[:, 0:2]\nb[0] = 1",
        "print(a)",
    ),
    "a row that bits of a number choose": (
        "import numpy as np\na = np.zeros((3, 3))\ni = 5",
        "row = a[i & 1]\nrow[0] = 1",
        "print(a)",
    ),
    "a frame that was told not to copy": (
        "import numpy as np\nimport pandas as pd\na = np.zeros(3)\ndf = pd.DataFrame({'a': a}, copy=False)",
        "df.loc[0, 'a'] = 1",
        "print(a)",
    ),
    "a column's list": (
        "import pandas as pd\nxs = [1]\ns = pd.Series([xs, xs])",
        "s[0].append(2)",
        "print(xs)",
    ),
    "an argument behind a star": (
        "a, b = [1], [2]\ndef f(x, y):\n    y.append(3)",
        "f(*[a, b])",
        "print(b)",
    ),
    "a file that a function writes under its default name": (
        "def save(text, name='out.txt'):\n    with open(name, 'w') as f:\n        f.write(text)",
        "save('a')",
        "print(open('out.txt').read())",
    ),
    "a default that is another one each time": (
        (
            "fs = []\nname = 'a.txt'\nfor i in range(2):\n    def f(path=name):\n"
            "        open(path, 'w').write('x')\n    fs.append(f)\n    name = 'b.txt'"
        ),
        "for f in fs:\n    f()",
        "print(open('b.txt').read())",
    ),
    "an instance that changes when it is called": (
        (
            "from collections import Counter\nclass Seen(Counter):\n    def __call__(self, x):\n"
            "        self[x] += 1\nseen = Seen()"
        ),
        "seen('a')",
        "print(seen)",
    ),
    "an element of a list of one's own kind": (
        (
            "class Bag(list):\n    def __init__(self, items):\n        super().__init__(items)\n"
            "        self.size = len(items)\nxs = [1]\nbag = Bag([xs])"
        ),
        "bag[0].append(2)",
        "print(xs)",
    ),
    "the maker of a dictionary of one's own kind": (
        (
            "from collections import defaultdict\nseen = []\ndef make():\n    seen.append(1)\n"
            "class Table(defaultdict):\n    def __init__(self, make):\n        super().__init__(make)\n"
            "table = Table(make)"
        ),
        "table.default_factory()",
        "print(seen)",
    ),
    "what a data class got through its child": (
        (
            "from dataclasses import dataclass\n@dataclass\nclass Parent:\n    xs: list\n"
            "class Child(Parent):\n    def __init__(self, xs):\n        super().__init__(xs)\n"
            "xs = [1]\nchild = Child(xs)"
        ),
        "child.xs.append(2)",
        "print(xs)",
    ),
    "a field of a tuple with names": (
        (
            "from typing import NamedTuple\nclass Pair(NamedTuple):\n    left: list\n    right: int\n"
            "xs = [1]\npair = Pair(xs, 2)"
        ),
        "pair.left.append(2)",
        "print(xs)",
    ),
    "the largest of several": (
        "xs, ys = [1], [2]\nlargest = max(xs, ys)",
        "max([xs], key=len)[0].append(3)\nlargest.append(4)",
        "print(xs, ys)",
    ),
    "a name that a module of one's own may bind": (
        "from numpy import *\nfrom helpers import *\nxs = zeros(3)",
        "scale(xs)",
        "print(xs)",
    ),
    "what an instance of a library's kind was given": (
        (
            "from torch import nn\nxs = [1]\nclass Net(nn.Module):\n    def __init__(self, xs):\n"
            "        super().__init__()\n        self.xs = xs\nnet = Net(xs)"
        ),
        "net.xs.append(2)",
        "print(xs)",
    ),
    "what a library keeps for an instance": (
        (
            "from sklearn.base import BaseEstimator\nxs = [1]\nclass Model(BaseEstimator):\n"
            "    def __init__(self, xs):\n        super().__init__(xs)\nmodel = Model(xs)"
        ),
        "model.kept.append(2)",
        "print(xs)",
    ),
}


@pytest.mark.parametrize("steps", TIED.values(), ids=TIED)
def test_wait_for_each_other(analysis, steps):
    made = analysis(*zip(["first", "second", "third"], steps, strict=True))
    assert ("second", "third") in made.edges
