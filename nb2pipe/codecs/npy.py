"""NumPy's own format: one array."""

from typing import Any, BinaryIO

from nb2pipe.codecs.exact import array_difference


class NpyCodec:
    """Arrays as `.npy`."""

    suffix = ".npy"

    def write(self, value: Any, file: BinaryIO) -> None:
        """Write an array.

        Raises:
            TypeError, ValueError: it is none, or has Python objects in it.
        """
        import numpy as np

        if not isinstance(value, np.ndarray):
            raise TypeError("it is not a NumPy array")
        np.save(file, value, allow_pickle=False)

    def read(self, file: BinaryIO) -> Any:
        """Return the array in a file."""
        import numpy as np

        return np.load(file, allow_pickle=False)

    difference = staticmethod(array_difference)
