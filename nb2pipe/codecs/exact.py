"""Whether what was read back is what was written: to the bit, the type and the label.

How values lie in memory does not count: no open format says that of a data frame.
"""

import pickle
import struct
from typing import Any, Iterable, Iterator


def array_difference(array: Any, again: Any) -> str:
    """Return how two NumPy arrays differ; an empty text if they do not."""
    for what, old, new in (
        ("the class", type(array), type(again)),
        ("the type of its elements", array.dtype, again.dtype),
        ("the notes of its type", _notes(array.dtype), _notes(again.dtype)),
        ("the shape", array.shape, again.shape),
    ):
        if old != new:
            return f"{what}: {old} becomes {new}"
    return "" if _same_elements(array, again) else "its elements"


def check_frame(value: Any) -> None:
    """Raise where a value is no data frame.

    Raises:
        TypeError: it is none.
    """
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        raise TypeError("it is not a data frame of pandas")


def frame_difference(frame: Any, again: Any) -> str:
    """Return how two data frames of pandas differ; an empty text if they do not."""
    if type(frame) is not type(again):
        return f"the class: {type(frame).__name__} becomes {type(again).__name__}"
    if not same(frame.attrs, again.attrs):
        return "`attrs`"
    if frame.flags.allows_duplicate_labels != again.flags.allows_duplicate_labels:
        return "`flags`"
    return _first(
        _index_differences("the columns", frame.columns, again.columns),
        _index_differences("the index", frame.index, again.index),
        _column_differences(frame, again),
    )


def same(value: Any, again: Any) -> bool:
    """Whether two plain values are the same: no integer for a float, no NaN with other bits."""
    if type(value) is not type(again):
        return False
    if isinstance(value, float):
        return struct.pack("d", value) == struct.pack("d", again)
    if isinstance(value, dict):
        return same([*value.items()], [*again.items()])
    if isinstance(value, (list, tuple)):
        return len(value) == len(again) and all(map(same, value, again))
    if type(value).__name__ == "ndarray":
        return not array_difference(value, again)
    if isinstance(value, (str, bytes, int, type(None))):
        return bool(value == again)
    return pickle.dumps(value, 4) == pickle.dumps(again, 4)


# --- the parts of a frame: each yields what differs, and what it is


def _first(*differences: Iterable[str]) -> str:
    return next((text for found in differences for text in found), "")


def _column_differences(frame: Any, again: Any) -> Iterator[str]:
    for position, name in enumerate(frame.columns):
        old, new = frame.iloc[:, position].array, again.iloc[:, position].array
        for text in _values_differences(old, new):
            yield f"column `{name}`: {text}"


def _index_differences(what: str, index: Any, again: Any) -> Iterator[str]:
    if type(index) is not type(again):
        yield f"{what}: {type(index).__name__} becomes {type(again).__name__}"
    elif not same([*index.names], [*again.names]):
        yield f"{what}: {[*index.names]} as names becomes {[*again.names]}"
    elif index.nlevels != again.nlevels or len(index) != len(again):
        yield f"{what}: its size"
    elif index.nlevels > 1:
        for number, levels in enumerate(zip(index.levels, again.levels)):
            yield from _index_differences(f"{what}, level {number}", *levels)
        if any(not _same_elements(*codes) for codes in zip(index.codes, again.codes)):
            yield f"{what}: its values"
    else:
        for name in "start", "step", "freq":
            old, new = getattr(index, name, None), getattr(again, name, None)
            if old != new:
                yield f"{what}: {old} as `{name}` becomes {new}"
        for text in _values_differences(index.array, again.array):
            yield f"{what}: {text}"


def _values_differences(values: Any, again: Any) -> Iterator[str]:
    """Yield how two arrays of pandas differ."""
    dtype, other = values.dtype, again.dtype
    zones = [type(getattr(each, "tz", None)) for each in (dtype, other)]
    if type(values) is not type(again) or dtype != other or zones[0] is not zones[1]:
        yield f"{dtype!r} becomes {other!r}"
    elif hasattr(dtype, "categories"):
        yield from _index_differences("the categories", dtype.categories, other.categories)
        if not _same_elements(values.codes, again.codes):
            yield "its values"
    elif len(values) != len(again) or not _same_values(values, again):
        yield "its values"


def _same_values(values: Any, again: Any) -> bool:
    import pandas as pd

    if type(values).__name__ in {"NumpyExtensionArray", "PandasArray"}:
        return _same_elements(values.to_numpy(), again.to_numpy())
    if hasattr(values, "asi8"):  # times
        return _same_elements(values.asi8, again.asi8)
    if isinstance(values.dtype, pd.StringDtype):
        return bool(values.equals(again))
    arrays = pd.arrays
    if isinstance(values, (arrays.BooleanArray, arrays.IntegerArray, arrays.FloatingArray)):
        plain = values.dtype.numpy_dtype
        pairs = zip(*((each.isna(), each.to_numpy(plain, na_value=0)) for each in (values, again)))
        return all(_same_elements(*pair) for pair in pairs)
    return all(map(same, values, again))


def _same_elements(array: Any, again: Any) -> bool:
    """Whether two arrays of one type have the same bits."""
    if array.shape != again.shape:
        return False
    if array.dtype.hasobject:
        return all(map(same, array.ravel().tolist(), again.ravel().tolist()))
    return memoryview(array.tobytes()) == memoryview(again.tobytes())


def _notes(dtype: Any) -> Any:
    return dict(dtype.metadata or {})
