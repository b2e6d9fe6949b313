"""Parameter types and values in Kubeflow's terms."""

import math
from collections.abc import Iterator

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value

from nb2pipe.ir import Json, ParameterType

PARAMETER_TYPES = {
    ParameterType.INT: "NUMBER_INTEGER",
    ParameterType.FLOAT: "NUMBER_DOUBLE",
    ParameterType.STR: "STRING",
    ParameterType.BOOL: "BOOLEAN",
    ParameterType.LIST: "LIST",
    ParameterType.DICT: "STRUCT",
}


def to_value(value: Json) -> Value:
    """Return a JSON value as the message that holds it.

    A number that no double holds becomes text, which Kubeflow refuses to take for a number.
    """
    match value:
        case None:
            return Value(null_value=NullValue.NULL_VALUE)
        case bool():
            return Value(bool_value=value)
        case int() | float():
            exact = not any(inexact_numbers(value))
            return Value(number_value=value) if exact else Value(string_value=str(value))
        case str():
            return Value(string_value=value)
        case list():
            return Value(list_value=ListValue(values=[to_value(item) for item in value]))
        case dict():
            fields = {key: to_value(item) for key, item in value.items()}
            return Value(struct_value=Struct(fields=fields))


def inexact_numbers(value: Json) -> Iterator[int | float]:
    """Yield the numbers in `value`, at any depth, that change when they travel as doubles."""
    match value:
        case bool():
            return
        case int():
            if not _has_double(value):
                yield value
        case float():
            if not math.isfinite(value):
                yield value
        case list():
            for item in value:
                yield from inexact_numbers(item)
        case dict():
            for item in value.values():
                yield from inexact_numbers(item)
        case _:
            return


def has_template(value: Json) -> bool:
    """Whether a text in `value`, at any depth, has what Argo and the launcher expand."""
    match value:
        case str():
            return "{{" in value
        case list():
            return any(has_template(item) for item in value)
        case dict():
            return any(has_template(item) for item in (*value, *value.values()))
        case _:
            return False


def _has_double(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False
