"""Evaluate operators and comparisons over the abstract heap."""

import ast
from collections.abc import Iterable

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.definitions import Frame
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Sites, Value, addresses, ending, join, objects
from nb2pipe.analysis.identity import fragile_operands
from nb2pipe.analysis.objects import Objects, common_type
from nb2pipe.analysis.operators import COMPARISONS, methods_of


class Operations(Objects):
    """What operators make of their operands, and what comparing them asks for."""

    def evaluate(self, node: ast.AST | None, frame: Frame | None) -> Value:
        """Return what `node` may evaluate to, recording what that reads and changes."""
        raise NotImplementedError

    def run_methods(
        self,
        value: Value,
        names: Iterable[str] | None,
        node: ast.AST,
        arguments: Arguments = NO_ARGUMENTS,
    ) -> Value:
        """Run what Python calls by itself on a notebook's own objects; return what may come back."""
        raise NotImplementedError

    def consume(self, value: Value, node: ast.AST) -> None:
        """Run the code that walking over `value` runs."""
        raise NotImplementedError

    def _operation(self, node: ast.BinOp, frame: Frame | None) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        return self.operate(node, left, right)

    def operate(self, node: ast.AST, left: Value, right: Value) -> Value:
        """Return the result of a binary operator: new, but lists and the like keep their elements."""
        if isinstance(left.constant, str) and isinstance(right.constant, str):
            operator = getattr(node, "op", None)
            if isinstance(operator, ast.Add):
                return Value(constant=left.constant + right.constant)
            if isinstance(operator, ast.Div):
                return Value(constant=f"{left.constant}/{right.constant}")
        if not left.sites and not right.sites:
            return Value(suffix=ending(right))
        self.count_with(left.sites | right.sites, node)
        own = [
            self.run_methods(side, methods_of(node), node, Arguments((other,)))
            for side, other in ((left, right), (right, left))
        ]
        if self.is_plain_instance(left) or self.is_plain_instance(right):
            return join(own)
        if (
            isinstance(getattr(node, "op", None), ast.Sub)
            and addresses(left.sites)
            and addresses(right.sites)
        ):
            return IMMUTABLE  # the distance of two
        held = self.heap.held(left.sites | right.sites)
        kept = self._operands(left, right) | _joined(node, left, right)
        type_ = common_type(left, right) or self.knowledge.result_of({site.type for site in kept})
        site = self.site(node, "result", type_)
        self.derive([site], left.sites | right.sites)
        self.heap.hold([site], held | kept)
        return Value(frozenset([site]))

    def _operands(self, *values: Value) -> Sites:
        """Return what the result of an operator still refers to."""
        sites = NOTHING.union(*(value.sites for value in values))
        return frozenset(site for site in sites if self.knowledge.keeps_operands(site.type))

    def _unary(self, node: ast.UnaryOp, frame: Frame | None) -> Value:
        value = self.evaluate(node.operand, frame)
        if not value.sites:
            return IMMUTABLE
        return self.operate(node, value, IMMUTABLE)

    def _compare(self, node: ast.Compare, frame: Frame | None) -> Value:
        values = [self.evaluate(item, frame) for item in [node.left, *node.comparators]]
        for value in values:
            self.run_methods(value, COMPARISONS, node)
            self.consume(value, node)
        if any(
            isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in node.ops
        ):
            for value in values:
                self.compared |= value.sites | self.heap.reach(objects(value.sites))
        for operand in fragile_operands(node, values, self.names):
            self.identify(operand, frame)
        if not any(value.sites for value in values):
            return IMMUTABLE
        made = self.site(node)
        self.heap.hold([made], self._operands(*values))
        self.count_with(frozenset([made]), node)
        return Value(frozenset([made]))

    def identify(self, operand: ast.expr, frame: Frame | None) -> None:
        """Record whose identity is asked for: in a function, that of anything that it may have got."""
        if frame is not None:
            self.record.identified = dict.fromkeys(self.record.reads, operand)
            return
        for inner in ast.walk(operand):
            if isinstance(inner, ast.Name) and inner.id in self.names:
                self.record.identified[inner.id] = operand


def _joined(node: ast.AST, left: Value, right: Value) -> Sites:
    """Return the operands of which nothing is known, if they may be lists that are joined or repeated.

    What they hold is one with them.
    """
    unknown = [
        frozenset(site for site in value.sites if site.type is None and site.definition is None)
        for value in (left, right)
    ]
    match getattr(node, "op", None):
        case ast.Add() if left.sites and right.sites:
            return NOTHING.union(*unknown)
        case ast.Mult() if not (left.sites and right.sites):
            return NOTHING.union(*unknown)
    return NOTHING
