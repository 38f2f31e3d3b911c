"""dataprep: check, augment and load ScanNet/ScanRefer-shaped data for 3D referring segmentation.

Reading needs NumPy, and a Parquet reader for the descriptions. Nothing here imports torch or
starts a thread when it is imported. `docs/loading.md` shows the common uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import errors
from .errors import Error
from .shards import Scene, Shards

if TYPE_CHECKING:
    from . import adapters as adapters
    from . import masks as masks
    from .order import Batch as Batch
    from .order import Batches as Batches
    from .order import Order as Order
    from .refer import ReferDataset as ReferDataset
    from .refer import ReferIterable as ReferIterable
    from .refer import SceneDataset as SceneDataset
    from .refer import collate as collate

# Resolved at first use, so that reading shards needs neither torch nor the native module.
_LAZY = {
    "adapters": ".adapters",
    "masks": ".masks",
    "Batch": ".order",
    "Batches": ".order",
    "Order": ".order",
    "ReferDataset": ".refer",
    "ReferIterable": ".refer",
    "SceneDataset": ".refer",
    "collate": ".refer",
    # The native half.
    "Loader": ".loader",
    "audit": ".runs",
    "audit_part": ".runs",
    "merge": ".runs",
    "augment": ".runs",
    "verify": ".runs",
    "Plan": ".work",
    "plan": ".work",
    "run": ".work",
    "run_unit": ".work",
    "commit": ".work",
}

# What a star imports leaves out the native half, which may not be there.
__all__ = [
    "Error",
    "Scene",
    "Shards",
    "errors",
    *(name for name in _LAZY if _LAZY[name] not in (".loader", ".runs", ".work")),
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name], __name__)
    value = module if _LAZY[name] == f".{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_LAZY})
