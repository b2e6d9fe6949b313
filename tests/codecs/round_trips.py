"""What a codec says that it gives back as it is, it does. `test_codecs.py` runs this where pyarrow is."""

import io
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from nb2pipe.codecs.arrow import ArrowCodec
from nb2pipe.codecs.npy import NpyCodec
from nb2pipe.codecs.parquet import ParquetCodec

pytestmark = pytest.mark.filterwarnings("ignore")
many = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(codec="utf-8"), max_size=3)
nans = st.integers(0, 2**51 - 1).map(
    lambda payload: struct.unpack("d", struct.pack("Q", 0x7FF8 << 48 | payload))[0]
)
floats = st.floats() | nans | st.just(-0.0)
cells = st.none() | texts | floats | st.integers(-9, 9) | st.booleans() | st.binary(max_size=2)
days = st.dates().map(str)
times = st.datetimes(min_value=pd.Timestamp("1700-01-01"), max_value=pd.Timestamp("2200-01-01"))


def lists(elements, count):
    return st.lists(elements, min_size=count, max_size=count)


def extension(name, elements, count):
    return lists(st.none() | elements, count).map(lambda items: pd.array(items, dtype=name))


@st.composite
def categories(draw, count):
    """A column of categories, some of which nobody has."""
    known = draw(st.sampled_from([["x", "y", "z"], [3, 1, 2], [0.5, -0.0]]))
    codes = draw(lists(st.integers(-1, len(known) - 1), count))
    return pd.Categorical.from_codes(codes, known, ordered=draw(st.booleans()))


def columns(count):
    kinds = st.sampled_from(["f8", "f4", "f2", "i1", "i8", "u8", "?", "c16", "m8[s]", "m8[ns]"])
    zones = st.sampled_from([None, "UTC", "Europe/Paris", "+02:00"])
    return st.one_of(
        lists(floats, count),
        lists(texts, count),
        lists(cells, count).map(lambda items: pd.Series(items, dtype=object)),
        kinds.flatmap(lambda kind: npst.arrays(kind, count)),
        categories(count),
        extension("Int64", st.integers(-(2**63), 2**63 - 1), count),
        extension("Float64", floats, count),
        extension("boolean", st.booleans(), count),
        extension("string", texts, count),
        lists(days, count).map(
            lambda items: pd.arrays.PeriodArray._from_sequence(items, dtype="period[D]")
        ),
        st.tuples(lists(times, count), zones).map(
            lambda both: (
                pd.Series(both[0], dtype="M8[ns]").dt.tz_localize("UTC").dt.tz_convert(both[1])
            )
        ),
    )


@st.composite
def indexes(draw, count):
    name = draw(st.none() | texts | st.integers(0, 3))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        start, step = draw(st.integers(-3, 3)), draw(st.sampled_from([1, 2, -1]))
        return pd.RangeIndex(start, start + count * step, step, name=name)
    if kind == 1:
        return pd.date_range(
            "2024-01-01", periods=count, name=name, freq=draw(st.sampled_from("DhW"))
        )
    if kind == 2:
        return pd.Index(draw(lists(texts, count)), name=name)
    if kind == 3:
        pairs = draw(lists(st.tuples(texts, st.integers(0, 3)), count))
        return pd.MultiIndex.from_tuples(pairs, names=[name, "second"]) if pairs else pd.Index([])
    return pd.Index(draw(lists(st.integers(-5, 5), count)), name=name)


@st.composite
def frames(draw):
    count, width = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    labels = draw(lists(texts | st.integers(0, 2), width) | lists(st.sampled_from("abc"), width))
    frame = pd.DataFrame(
        {number: draw(columns(count)) for number in range(width)}, index=range(count)
    )
    frame.columns = pd.Index(labels, dtype=object, name=draw(st.none() | texts))
    frame.index = draw(indexes(count))
    frame.attrs = draw(
        st.sampled_from([{}, {}, {"unit": "m"}, {"n": [1, 2.0]}, {"t": (1,)}, {1: 2}])
    )
    return frame


# --- another way to see whether two values are the same than the codecs'


def cell_picture(item):
    value = struct.pack("d", item) if isinstance(item, float) else repr(item)
    return type(item).__name__, value


def values_picture(values):
    known = list(getattr(values.dtype, "categories", ()))
    ordered = getattr(values.dtype, "ordered", None)
    zone = type(getattr(values.dtype, "tz", None))
    return [repr(values.dtype), zone, known, ordered, [cell_picture(item) for item in values]]


def labels_picture(labels):
    levels = labels.levels if isinstance(labels, pd.MultiIndex) else [labels]
    seen = [values_picture(level) for level in levels]
    shape = [getattr(labels, name, None) for name in ("start", "stop", "step", "freq")]
    names = [cell_picture(name) for name in labels.names]
    return type(labels), names, shape, seen, [cell_picture(label) for label in labels]


def frame_picture(frame):
    parts = [values_picture(frame.iloc[:, number]) for number in range(frame.shape[1])]
    return (
        type(frame),
        repr(frame.attrs),
        labels_picture(frame.columns),
        labels_picture(frame.index),
        parts,
    )


def array_picture(array):
    return type(array), array.dtype.descr, array.shape, array.tobytes()


def round_trip(codec, value):
    """Return what comes back and what gets lost; None if the value cannot be written at all."""
    file = io.BytesIO()
    try:
        codec.write(value, file)
        file.seek(0)
        again = codec.read(file)
    except Exception:  # noqa: BLE001 -- each library has its own
        return None
    return again, codec.difference(value, again)


@pytest.mark.parametrize("codec", [ParquetCodec(), ArrowCodec()])
@given(frame=frames())
@many
def test_a_frame_comes_back_or_the_codec_says_what_does_not(codec, frame):
    found = round_trip(codec, frame)
    if found and not found[1]:
        assert frame_picture(found[0]) == frame_picture(frame)


@given(frame=frames())
@many
def test_a_frame_is_the_same_as_its_copy(frame):
    assert ParquetCodec().difference(frame, frame.copy()) == ""


@given(
    array=st.one_of(npst.scalar_dtypes(), npst.array_dtypes()).flatmap(
        lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_side=3))
    ),
    turned=st.booleans(),
)
@many
def test_an_array_comes_back_or_the_codec_says_what_does_not(array, turned):
    array = array.T if turned else array
    found = round_trip(NpyCodec(), array)
    assert found is not None
    assert found[1] or array_picture(found[0]) == array_picture(array)
    assert NpyCodec().difference(array, array.copy()) == ""


ORDINARY = pd.DataFrame(
    {
        "number": [1, 2],
        "share": [0.5, np.nan],
        "name": ["a", None],
        "kind": pd.Categorical(["x", "y"], ["y", "x", "z"], ordered=True),
        "when": pd.to_datetime(["2024-01-01", "2024-01-02"]),
    },
    index=pd.Index([7, 9], name="id"),
)


@pytest.mark.parametrize("codec", [ParquetCodec(), ArrowCodec()])
def test_an_ordinary_frame_comes_back(codec):
    ORDINARY.attrs = {"unit": "m"} if codec.suffix == ".parquet" else {}
    again, lost = round_trip(codec, ORDINARY)
    assert lost == ""
    pd.testing.assert_frame_equal(again, ORDINARY)
