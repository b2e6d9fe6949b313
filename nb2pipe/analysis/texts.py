"""Calls that get names or code in texts, such as `eval` and `df.query`, and those that look at all names."""

import ast
import re
from dataclasses import replace
from typing import Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.calls import Calls
from nb2pipe.analysis.definitions import Frame
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, UNKNOWN, Value
from nb2pipe.analysis.ipython_syntax import called_function
from nb2pipe.analysis.knowledge import Knowledge

_QUERY_NAME: Final = re.compile(r"@(\w+)")
_WORD: Final = re.compile(r"[^\W\d]\w*")
_BETWEEN: Final = re.compile(r"[,\s]+")


class Texts(Calls):
    """Calls whose arguments name variables."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        # Trees that only a text has: their nodes are known by identity.
        self.kept: list[ast.AST] = []

    def run_text(self, node: ast.Call, arguments: Arguments) -> Value:
        """Evaluate `exec` or `eval` of a text, which may be known."""
        code = arguments.get(0)
        text = code.text if code is not None else None
        try:
            tree = None if text is None else ast.parse(text.strip())
        except (SyntaxError, ValueError):
            tree = None
        if tree is None or len(arguments.all) > 1:
            self.reach_any_name(node)
            self.rewrite_names(node)
            return Value(frozenset([self.site(node)]))
        self.kept.append(tree)
        *body, last = tree.body or [ast.Pass()]
        self.execute(body, None)
        if isinstance(last, ast.Expr):
            return self.evaluate(last.value, None)
        self.execute([last], None)
        return IMMUTABLE

    def profile_text(self, node: ast.Call, arguments: Arguments) -> Value:
        """Evaluate `cProfile.run("f(x)")`, which runs the text among the variables."""
        code = arguments.get(0) or arguments.get("statement") or IMMUTABLE
        return self.run_text(node, Arguments((code,)))

    def time_text(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `timeit.timeit("f(x)", "from __main__ import f, x")`: texts that run as a function.

        Functions that are given in their place are called as any library calls them.
        """
        given = (arguments.get(1), arguments.get("setup"), arguments.get(0), arguments.get("stmt"))
        texts = [value for value in given if value is not None and not value.sites]
        for value in texts:
            try:
                body = ast.parse((value.text or "").strip()).body
            except (SyntaxError, ValueError):
                body = []
            if not body and value.text != "pass":
                self.reach_any_name(node)
            # What comes from `__main__` is what has that name here.
            body = [item for item in body if not _is_from_main(item)]
            if body:
                function, _ = called_function("<timeit>", body)
                self.kept.append(function)
                self.call_value(self.function(function, None, None), node, NO_ARGUMENTS)
        return None

    def symbols(self, node: ast.Call, arguments: Arguments) -> Value:
        """Evaluate `var("x y")` of sympy, which binds variables of these names as well."""
        given = arguments.get(0) or arguments.get("names") or IMMUTABLE
        names = _BETWEEN.split((given.text or "").strip(", "))
        if not all(name.isidentifier() for name in names):
            self.reach_any_name(node)
            self.rewrite_names(node)
            return Value(frozenset([self.site(node)]))
        made = {name: self.site(node, f"symbol {name}", "sympy.Expression") for name in names}
        for name, site in made.items():
            self.define(name, Value(frozenset([site])), node)
        return Value(frozenset(made.values()))

    def reach_any_name(self, node: ast.AST) -> None:
        """Record that any name may be read here, unless the cell's tags say which."""
        if not self.explained:
            self.record.dynamic = node
            self.read_names(node)

    def names_and_values(self, node: ast.AST, dotted: str, frame: Frame | None) -> Value:
        """Return what `globals()`, `locals()` and their kin return: the variables, by name."""
        if frame is not None and dotted != "builtins.globals":
            return self.new(node, frame.values.values(), "dict")
        self.reach_any_name(node)
        if dotted == "builtins.dir":
            return self.new(node, [], "list")
        values = (binding.value for binding in self.names.values())
        self.heap.hold([self.namespace], NOTHING.union(*(value.sites for value in values)))
        return Value(frozenset([self.namespace]))

    def with_formula(self, node: ast.Call, dotted: str, arguments: Arguments) -> Arguments:
        """Return the arguments of a call, and what a formula of statsmodels or patsy looks up where it is used."""
        if not dotted.startswith(("statsmodels", "patsy")):
            return arguments
        formulas = [value.text for value in arguments.all if value.text and "~" in value.text]
        found = [value for text in formulas for value in self._read_words(text, node)]
        # What is made of a formula keeps the functions that it names.
        functions = [value for value in found if any(site.definition for site in value.sites)]
        keywords = (*arguments.keywords, *((None, value) for value in functions))
        return replace(arguments, keywords=keywords)

    def read_expression(self, node: ast.Call, arguments: Arguments) -> None:
        """Read the variables that `pd.eval("a + b")` finds in the text, which it evaluates as a library does."""
        given = arguments.get(0) or arguments.get("expr") or arguments.get("ex") or IMMUTABLE
        if given.text is None:
            self.reach_any_name(node)
        else:
            self._read_words(given.text, node)

    def look_for_tests(self, node: ast.Call, _arguments: Arguments) -> None:
        """Read all variables: tests are looked for among them."""
        self.read_names(node)

    def look_at_caller(self, node: ast.Call, _arguments: Arguments) -> None:
        """Read whatever a caller's frame may be asked for."""
        self.reach_any_name(node)

    def _read_words(self, text: str, node: ast.AST) -> list[Value]:
        names = [name for name in _WORD.findall(text) if name in self.names]
        return [self.lookup(name, node, None) for name in names]

    def query(self, node: ast.Call, arguments: Arguments, frame: Frame | None) -> None:
        """Read the names that `df.query("a > @b")` and its kin find in a string, and what is in `__main__`."""
        if any(value.dotted == "__main__" for value in arguments.all):
            self.read_names(node)
        first = arguments.get(0) or arguments.get("expr")
        if first is None or not isinstance(node.func, ast.Attribute):
            return
        if node.func.attr in {"query", "eval"}:
            if first.text is not None:
                for name in _QUERY_NAME.findall(first.text):
                    self.lookup(name, node, frame)
            elif first.constant is UNKNOWN and first.sites == frozenset():
                self.reach_any_name(node)


def _is_from_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__main__"
