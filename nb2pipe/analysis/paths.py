"""Run statements whose parts run on some paths only: branches, loops, `try`, `with`, `match`."""

import ast
from collections.abc import Callable, Sequence
from typing import Final

from nb2pipe.analysis.bindings import Bindings
from nb2pipe.analysis.definitions import Frame
from nb2pipe.analysis.heap import Sites, Value
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.objects import member_runs
from nb2pipe.analysis.recorder import Snapshot
from nb2pipe.analysis.states import put_back

_RAISED: Final = ("Exception", "Error", "Warning", "Interrupt", "Iteration", "Exit")
_CATCH_ALL: Final = {"NameError", "Exception", "BaseException", "UnboundLocalError"}


class Paths(Bindings):
    """Execution of compound statements: paths part, and meet again."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._loops: list[list[Snapshot]] = []

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]], frame: Frame | None) -> None:
        start = self.snapshot(frame)
        ends = []
        for body in bodies:
            self.restore(start, frame)
            self.execute(body, frame)
            ends.append(self.snapshot(frame))
        self.meet(ends, frame)

    def _if(self, node: ast.If, frame: Frame | None) -> None:
        self.evaluate(node.test, frame)
        self._branches([node.body, node.orelse], frame)

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame | None) -> None:
        iterated = self.evaluate(node.iter, frame)

        def again() -> None:
            for target, value in self.iterated(node.target, node.iter, iterated, frame):
                self.assign(target, value, frame)

        self._loop(again, node.body, node.orelse, frame)

    def _while(self, node: ast.While, frame: Frame | None) -> None:
        def again() -> None:
            self.evaluate(node.test, frame)

        self._loop(again, node.body, node.orelse, frame)
        self.alive = True

    def _loop(
        self,
        again: Callable[[], None],
        body: Sequence[ast.stmt],
        otherwise: Sequence[ast.stmt],
        frame: Frame | None,
    ) -> None:
        """Run a loop's body none, one and two times: aliases that one round makes show in the next."""
        ends = [self.snapshot(frame)]
        for _ in range(2):
            self._loops.append([])
            again()
            self.execute(body, frame)
            left = self._loops.pop()
            ends += [self.snapshot(frame), *left]
            self.meet(ends, frame)
        if otherwise:
            self._branches([otherwise, []], frame)

    def _leave_loop(self, _node: ast.stmt, frame: Frame | None) -> None:
        if self._loops:
            self._loops[-1].append(self.snapshot(frame))
        self.alive = False

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame | None) -> None:
        points = [self.snapshot(frame)]
        with self.guarded(when=_catches_missing_name(node)):
            for statement in node.body:
                self.execute([statement], frame)
                points.append(self.snapshot(frame))
        self.execute(node.orelse, frame)
        ends = [self.snapshot(frame)]
        for handler in node.handlers:
            self.meet(points, frame)
            self.alive = True
            caught = self.evaluate(handler.type, frame)
            if handler.name is not None:
                made = self.site(handler)
                self.heap.hold([made], self._exceptions(caught))
                self.bind(handler.name, Value(frozenset([made])), handler, frame)
            self.execute(handler.body, frame)
            if handler.name is not None:
                self.forget(handler.name, handler, frame)
            ends.append(self.snapshot(frame))
        self.meet(ends, frame)
        alive, self.alive = self.alive, True
        self.execute(node.finalbody, frame)
        self.alive = self.alive and alive

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame | None) -> None:
        outside = self.put_back
        managers = []
        for item in node.items:
            if isinstance(item.context_expr, ast.Call):
                manager = self.evaluate(item.context_expr.func, frame)
                self.put_back |= put_back([manager.dotted])
            value = self.evaluate(item.context_expr, frame)
            entered = self.run_methods(value, ["__enter__", "__aenter__"], node)
            self.run_operator(value, "__enter__", node)
            if item.optional_vars is not None:
                given = Value(value.sites | entered.sites, value.dotted)
                self.assign(item.optional_vars, given, frame)
            managers.append(value)
        self.execute(node.body, frame)
        for item, value in zip(reversed(node.items), reversed(managers), strict=True):
            self.run_methods(value, ["__exit__", "__aexit__"], node)
            self.mutate(value.sites & self.files.opened, node, "it is closed here")
            self.close(value.sites, opened_for_it=isinstance(item.context_expr, ast.Call))
        self.put_back = outside

    def _match(self, node: ast.Match, frame: Frame | None) -> None:
        subject = self.evaluate(node.subject, frame)
        start = self.snapshot(frame)
        ends = []
        complete = False
        for case in node.cases:
            self.restore(start, frame)
            for inner in ast.walk(case.pattern):
                if isinstance(inner, ast.expr) and not isinstance(inner, ast.expr_context):
                    self.evaluate(inner, frame)
                elif isinstance(inner, ast.MatchClass | ast.MatchValue):
                    self._compare_pattern(self.part_of(subject), inner)
                name = getattr(inner, "rest", None) or getattr(inner, "name", None)
                if isinstance(name, str):
                    self.bind(name, self.part_of(subject), inner, frame)
            self.evaluate(case.guard, frame)
            self.execute(case.body, frame)
            ends.append(self.snapshot(frame))
            complete |= _irrefutable(case)
        self.meet(ends if complete else [start, *ends], frame)

    def _exceptions(self, caught: Value) -> Sites:
        """Return the notebook's classes that an exception may be of which is caught as one of `caught`."""
        bases = {site.definition for site in caught.sites if site.definition is not None}
        found = set()
        for binding in self.names.values() if self.has_classes else ():
            for site in binding.value.sites:
                known = self.classes_of(Value(frozenset([site]))) if site.definition else []
                own = any((b.dotted or "").endswith(_RAISED) for d in known for b in d.bases)
                if own and (not bases or not bases.isdisjoint(known)):
                    found.add(site)
        return frozenset(found)

    def _compare_pattern(self, asked: Value, node: ast.MatchClass | ast.MatchValue) -> None:
        """Run what comparing `asked` with a pattern runs: properties that the pattern of a class asks for, `==`."""
        if isinstance(node, ast.MatchValue):
            self.run_methods(asked, ["__eq__"], node)
            return
        for definition in self.classes_of(asked):
            for name, member in list(definition.members.items()):
                if member_runs(member) and (node.patterns or name in node.kwd_attrs):
                    self.run_methods(asked, [name], node)


def _catches_missing_name(node: ast.Try | ast.TryStar) -> bool:
    for handler in node.handlers:
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for type_ in types:
            if type_ is None or (isinstance(type_, ast.Name) and type_.id in _CATCH_ALL):
                return True
    return False


def _irrefutable(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and not case.guard
