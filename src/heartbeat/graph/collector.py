"""The garbage collector of the interpreter, which is to wait while we work."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["uncollected"]


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Have the collector wait for the end of a slice of work.

    Many small values are made in a slice. Each few hundred of them would be another
    young collection, and each hundred of those one of the whole program, which takes
    longer than any slice.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
