"""Store tensors of torch: their gradient, the computation that it is to come from, and who shares their memory.

Only steps of notebooks that name `torch`, or a library that is built on it, have this module, in their manifest.
"""

import importlib
import sys
from typing import Any


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores tensors."""
    ways += (
        ("torch", "Tensor", reduce_tensor),
        ("torch.nn", "Parameter", reduce_tensor),
        ("torch", "UntypedStorage", reduce_storage),
    )


def reduce_tensor(tensor: Any) -> Any:
    """Return what makes a tensor again, as `object.__reduce_ex__` does.

    Raises:
        TypeError: gradients are to go back through it to what it was computed from.
    """
    if tensor.grad_fn:
        raise TypeError("it keeps how it was computed; `.detach()` does not")
    make, (first, *rest) = tensor.__reduce_ex__(4)[:2]
    if type(first).__name__ == "TypedStorage":
        make, first = rebuild_tensor, (tensor.untyped_storage(), first.dtype)
    return make, (first, *rest), tensor.grad, None, None, restore_gradient


def rebuild_tensor(memory: Any, *rest: Any) -> Any:
    """Return a tensor in a storage, which others may share."""
    torch = importlib.import_module("torch")
    storage, dtype = memory
    typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)
    return torch._utils._rebuild_tensor_v2(typed, *rest)  # noqa: SLF001 -- as torch's own way


def reduce_storage(storage: Any) -> Any:
    """Return what makes a storage again; torch's own way has an address in it, another one each time."""
    if storage.device.type != "cpu":
        return NotImplemented
    torch = sys.modules["torch"]
    return rebuild_storage, (torch.empty(0, dtype=torch.uint8).set_(storage).numpy(),)


def rebuild_storage(content: Any) -> Any:
    """Return a storage in the memory of an array of bytes."""
    return importlib.import_module("torch").from_numpy(content).untyped_storage()


def restore_gradient(tensor: Any, gradient: Any) -> None:
    """Give a new tensor the gradient of a stored one."""
    tensor.grad = gradient
