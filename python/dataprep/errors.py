"""What can go wrong, as types.

Every error says which file, where in it, what was expected, what was found and what to do. The
parts are attributes too, for programs; any of them may be `None`.
"""

from __future__ import annotations

from typing import Any

_PARTS = ("file", "place", "expected", "found", "help")


class Error(Exception):
    """The base of all errors of this package.

    A message alone makes an error too, because that is how torch rebuilds one that a `DataLoader`
    worker raised: its text is whole, its parts are then `None`.
    """

    def __init__(
        self,
        message: str,
        *,
        file: object = None,
        place: str | None = None,
        expected: object = None,
        found: object = None,
        help: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else str(file)
        self.place = place
        self.expected = None if expected is None else str(expected)
        self.found = None if found is None else str(found)
        self.help = help
        super().__init__(message)

    def __str__(self) -> str:
        lines = [self.message]
        if self.file is not None:
            lines.append(f"  in: {self.file}" + (f", {self.place}" if self.place else ""))
        elif self.place is not None:
            lines.append(f"  in: {self.place}")
        if self.expected is not None:
            lines.append(f"  expected: {self.expected}")
        if self.found is not None:
            lines.append(f"  found: {self.found}")
        if self.help is not None:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, {part: getattr(self, part) for part in _PARTS})


def _rebuild(kind: type[Error], message: str, parts: dict[str, Any]) -> Error:
    return kind(message, **parts)


class MissingDataset(Error):
    """The folder holds no `manifest.json`: it is no data set, or its run was not finished."""


class CorruptManifest(Error):
    """`manifest.json` is cut short, is no JSON, or says things that cannot be."""


class VersionMismatch(Error):
    """The data set has a layout that this version does not read."""


class MissingShard(Error):
    """A file that the manifest names is not there."""


class CorruptShard(Error):
    """A file of a shard is not what the manifest says: cut short, longer, or with other bytes."""


class FileChanged(Error):
    """A file of the data set was replaced or changed after it was opened."""


class UnknownColumn(Error):
    """A column that the data set does not have."""


class UnknownSample(Error):
    """A scene, sample, object or split that the data set does not have."""


class DatasetMismatch(Error):
    """Two ranks, or a checkpoint and a run, do not see the same data in the same order."""


class MissingDependency(Error):
    """Something optional is needed for this and not installed."""
