"""The runtime, packed into one word that stands in every step, and the program that unpacks it."""

import ast
import base64
import functools
import zlib
from collections.abc import Iterable
from importlib.resources import files

from nb2pipe.bundle.minify import minified_text, minify

MODULES = (
    "sets", "arrays", "libraries", "deep", "python_objects", "pickling", "compare", "sharing", "store", "process",
    "files", "report", "capture", "suspect", "guard", "interactive", "plain", "execute", "kubeflow", "main",
)  # fmt: skip
"""The runtime's modules, each after those that it imports; of such orders, one that packs well."""

EXTRAS = (
    "handles", "widgets", "databases", "documents", "fits", "boosting", "models", "instances", "tensors", "traits",
    "optimisation", "uncertain", "colorbars", "ties", "keys", "local_state",
)  # fmt: skip
"""Modules of which a step has those that it needs, in its manifest."""

BOOTSTRAP = """\
import sys,os,zlib,base64,types,linecache
n="nb2pipe_runtime"
a=[os.fsencode(x).decode() for x in sys.argv[1:]]
s=zlib.decompress(base64.b85decode(a[0].replace(",","{").replace(".","$"))).decode()
linecache.cache[n]=len(s),None,s.splitlines(True),n
m=sys.modules[n]=types.ModuleType(n)
exec(compile(s,n,"exec"),vars(m))
os._exit(m.main(a[1:]))
"""
"""What `python3 -c` runs: it unpacks the first argument and gives it the others."""


@functools.cache
def runtime_blob() -> str:
    """Return the packed runtime: without `{` and `$`, so no engine finds anything to expand."""
    packed = base64.b85encode(zlib.compress(runtime_source().encode(), 9)).decode()
    return packed.replace("{", ",").replace("$", ".")


@functools.cache
def runtime_source() -> str:
    """Return the source of one module with all that the runtime's modules hold."""
    return _small_source(MODULES)


@functools.cache
def extra_source(name: str) -> str:
    """Return the source of one of `EXTRAS`, for the manifests of steps that need it."""
    return _small_source([name])


def _small_source(names: Iterable[str]) -> str:
    trees = [ast.parse(text) for text in _texts(names)]
    return minified_text(minify([statement for tree in trees for statement in tree.body]))


def module_texts() -> list[str]:
    """Return the texts of the runtime's modules, which all that it does depends on."""
    return _texts([*MODULES, *EXTRAS])


def _texts(names: Iterable[str]) -> list[str]:
    folder = files("nb2pipe").joinpath("runtime")
    return [folder.joinpath(f"{name}.py").read_text("utf-8") for name in names]
