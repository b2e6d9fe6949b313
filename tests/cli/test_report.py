import base64
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

import nb2pipe

VOID = {"meta", "img", "input", "br", "link"}
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


class Page(HTMLParser):
    """The elements of a page, and whether they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return "".join(self.texts)


@pytest.fixture
def report(run_command, tmp_path):
    def make(*options):
        done = run_command("report", "last", "-o", "r.html", *options)
        assert done.returncode == 0, done.stderr
        return Page((tmp_path / "r.html").read_text(encoding="utf-8"))

    return make


def test_the_page_shows_the_run(report, failed):
    page = report()
    assert failed.id in page.text
    assert "n=4" in page.text
    assert "ZeroDivisionError: division by zero" in page.text
    # the graph, in the colours of the states
    states = [a["class"] for a in page.attributes("g") if a["class"].startswith("step")]
    assert states == ["step succeeded", "step failed", "step not-run"]
    # the chart: a bar for each step that ran
    bars = [a["style"] for a in page.attributes("b") if "style" in a]
    assert len(bars) == 2
    starts = [float(re.search(r"left: ([\d.]+)%", bar)[1]) for bar in bars]
    assert 0 <= starts[0] < starts[1] <= 100
    assert "MB" in page.text
    # the failed step is open, its log is folded
    assert [("open" in a) for a in page.attributes("details") if "id" in a] == [False, True, False]
    # the notebook
    assert "extra = p.x * 2" in page.text
    assert "loaded 4" in page.text


def test_the_page_needs_no_network_and_no_scripts(report, failed):
    page = report()
    assert not page.attributes("script")
    assert not page.attributes("link")
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in {"src", "href", "action"}
    ]
    assert all(address.startswith(("#", "data:")) for address in addresses)
    (policy,) = [a["content"] for a in page.attributes("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'")


def test_what_cells_display_is_shown_but_not_trusted(report, nb):
    nb2pipe.run(
        nb(
            ("print('<script>alert(1)</script>', '\\x1b[31mred\\x1b[0m')", "step:a"),
            "from IPython.display import HTML, SVG, Image, display\nHTML('<p>hello</p><script>evil()</script>')",
            f"import base64\nImage(base64.b64decode('{PIXEL}'))",
            "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>evil()</script></svg>')",
            "display({'image/png': '\"><script>evil()</script>', 'text/plain': 'fallback'}, raw=True)",
            {"cell_type": "markdown", "source": "# Words <script>evil()</script>"},
        )
    )
    page = report()
    assert not page.attributes("script")
    assert "<script>alert(1)</script> red" in page.text
    assert "# Words <script>evil()</script>" in page.text
    (frame,) = page.attributes("iframe")
    assert frame["sandbox"] == ""
    assert "<p>hello</p><script>evil()</script>" in frame["srcdoc"]
    kinds = [a["src"].partition(";")[0] for a in page.attributes("img")]
    assert kinds == ["data:image/png", "data:image/svg+xml"]
    assert page.attributes("img")[0]["src"].endswith(PIXEL)
    assert "fallback" in page.text


def test_a_run_that_has_not_ended(report, failed):
    (failed.folder / "result.json").unlink()
    (failed.folder / "executed.ipynb").unlink()
    page = report()
    assert "running or killed" in page.text
    assert "The run has not written it." in page.text


def test_a_wide_graph_fits_the_page(report, nb):
    names = [f"a_step_with_a_rather_long_name_{number}" for number in range(10)]
    nb2pipe.run(nb(*((f"x{n} = {n}", f"step:{name}") for n, name in enumerate(names))))
    assert "panel graph wide" in [a.get("class") for a in report().attributes("div")]


def test_the_notebook_is_never_overwritten(run_command, failed, tmp_path):
    done = run_command("report", "last", "-o", "train.ipynb")
    assert done.returncode == 1
    assert "error[NB507]" in done.stderr


def test_only_this_command_loads_jinja():
    code = "import sys, nb2pipe.cli.{}; print('jinja2' in sys.modules)"
    for name in ("report", "show", "runs"):
        command = [sys.executable, "-c", code.format(name)]
        assert (
            subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
        )
