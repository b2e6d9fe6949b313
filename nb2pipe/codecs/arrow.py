"""Apache Arrow's file format (Feather version 2), which is mapped rather than read: one data frame."""

from typing import Any, BinaryIO

from nb2pipe.codecs.exact import check_frame, frame_difference


class ArrowCodec:
    """Data frames as `.arrow`."""

    suffix = ".arrow"

    def write(self, value: Any, file: BinaryIO) -> None:
        """Write a data frame.

        Raises:
            Exception: it is none, or has something in it that Arrow has not.
        """
        import pyarrow as pa

        check_frame(value)
        table = pa.Table.from_pandas(value)
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    def read(self, file: BinaryIO) -> Any:
        """Return the data frame in a file."""
        import pyarrow as pa

        return pa.ipc.open_file(file).read_all().to_pandas()

    difference = staticmethod(frame_difference)
