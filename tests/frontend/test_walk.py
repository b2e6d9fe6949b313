"""What passes see of a syntax tree."""

import ast

from nb2pipe.frontend.walk import nodes_of


def test_all_nodes_come_in_the_order_of_ast_walk_each_time() -> None:
    tree = ast.parse("def f(x):\n    return [y for y in x]\nprint(f([1]))")

    assert list(nodes_of(tree)) == list(ast.walk(tree)) == list(nodes_of(tree))
