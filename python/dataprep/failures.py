"""The native half's errors as types."""

from __future__ import annotations

from .errors import CorruptShard, Error


class NotFound(Error):
    """A file or folder that must be there is not."""


class SystemFailure(Error):
    """The operating system refused: permissions, a full disk, a broken device."""


class InvalidData(Error):
    """A file of a scan or of the references is of another format, or a value in it cannot be."""


class InvalidConfiguration(Error):
    """A configuration, a pipeline file or an argument cannot be used."""


class Conflict(Error):
    """The output folder holds something else, or another version wrote it."""


class Interrupted(Error):
    """The run was stopped; the same call goes on where it was."""


_KINDS: dict[str, type[Error]] = {
    "not-found": NotFound,
    "io": SystemFailure,
    "truncated": CorruptShard,
    "over-long": InvalidData,
    "foreign": InvalidData,
    "malformed": InvalidData,
    "config": InvalidConfiguration,
    "conflict": Conflict,
    "corrupt": CorruptShard,
    "interrupted": Interrupted,
}


def of_kind(
    kind: str,
    message: str,
    file: object,
    byte: int | None,
    line: tuple[int, int] | None,
    expected: str | None,
    found: str | None,
    help: str | None,
) -> Error:
    """The error of a kind. `byte` counts from the start of the file; `line` is (line, column), from 1."""
    place = None
    if byte is not None:
        place = f"byte {byte}"
    elif line is not None:
        place = f"line {line[0]}, column {line[1]}"
    return _KINDS.get(kind, Error)(message, file=file, place=place, expected=expected, found=found, help=help)
