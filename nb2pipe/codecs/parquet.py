"""Apache Parquet, as pandas writes it: one data frame."""

from typing import Any, BinaryIO

from nb2pipe.codecs.exact import check_frame, frame_difference


class ParquetCodec:
    """Data frames as `.parquet`."""

    suffix = ".parquet"

    def write(self, value: Any, file: BinaryIO) -> None:
        """Write a data frame.

        Raises:
            Exception: it is none, or has something in it that Parquet has not.
        """
        check_frame(value)
        value.to_parquet(file, engine="pyarrow")

    def read(self, file: BinaryIO) -> Any:
        """Return the data frame in a file."""
        import pandas as pd

        return pd.read_parquet(file, engine="pyarrow")

    difference = staticmethod(frame_difference)
