"""The Rust half. `runs` and `loader` are the modules to use."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .errors import Error

VERSION: str

_Progress = Callable[[int, int], object] | None
_Path = str | PathLike[str]

def main(arguments: Sequence[str], library: _Path) -> int:
    """Runs the command line; `arguments` begin with the program's name. Gives the exit code."""

def audit(request: Mapping[str, Any], progress: _Progress) -> tuple[str, list[str]]:
    """The report as JSON, and notes."""

def audit_part(
    request: Mapping[str, Any], part: tuple[int, int], summary: str, progress: _Progress
) -> int:
    """The number of scans that were looked at."""

def merge(request: Mapping[str, Any], parts: list[str]) -> tuple[str, list[str]]:
    """The report as JSON, and notes."""

def augment(request: Mapping[str, Any], progress: _Progress) -> tuple[str, str, list[str], str]:
    """The folder, the data set's id, notes, and findings as JSON."""

def plan_into(request: Mapping[str, Any], progress: _Progress) -> tuple[str, list[str]]:
    """The path of the plan, and notes."""

@final
class Work:
    """A plan with all that its units need."""

    def __new__(cls, plan: _Path, verify: bool) -> Work: ...
    @property
    def plan_id(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def units(self) -> list[tuple[str, int]]:
        """Name and number of scans of each, in order."""

    def run(self, units: Sequence[str], threads: int | None, progress: _Progress) -> int:
        """Does units; gives how many had been done before."""

    def commit(self) -> tuple[str, str]:
        """The data set's id, and findings as JSON."""

def verify(
    path: _Path, jobs: int | None, progress: _Progress
) -> tuple[list[tuple[str, str, str]], tuple[int, int, int]]:
    """Problems as (code, file, message); number of shards, scene variants and descriptions."""

def read_table(path: _Path, columns: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """Columns of a Parquet table of a data set, as `tables` puts them together."""

def read_bytes(path: _Path) -> bytes:
    """A file, or an object of an address."""

def size(path: _Path) -> int | None:
    """Bytes of a file, or of the object of an address; None where there is none."""

def crc32(data: NDArray[np.uint8]) -> int:
    """CRC-32 (IEEE) of a contiguous uint8 array, without the interpreter's lock."""

def fill(
    files: Sequence[_Path],
    buffers: Sequence[NDArray[np.uint8]],
    parts: Sequence[tuple[int, int, int | None, int, int, int]],
    threads: int,
) -> list[tuple[int, Error]]:
    """Reads parts of files into writable uint8 [bytes] arrays.

    A part is (file, offset, CRC-32 or None, buffer, start, bytes), with numbers of `files` and
    `buffers`; parts must not overlap. Gives (number of the part, error) of each that failed.
    """

@final
class Stored:
    """A data set whose columns are read, whatever its profile."""

    def __new__(cls, path: _Path, cache: _Path | None, cache_bytes: int) -> Stored:
        """`cache` is a folder for ranges of objects, which holds `cache_bytes` at most."""

    def fill(
        self,
        buffers: Sequence[NDArray[np.uint8]],
        parts: Sequence[tuple[int, str, bool, int, int, int]],
        threads: int,
    ) -> list[tuple[int, Error]]:
        """Reads columns, decoded, into writable uint8 [bytes] arrays.

        A part is (place of the scene in the manifest, column, whether its CRC-32 is checked, number of
        the buffer, start, bytes); parts must not overlap. Gives (number of the part, error) of each
        that failed.
        """

@final
class Fresh:
    """Stored originals and a pipeline."""

    def __new__(cls, path: _Path, pipeline: _Path, seed: int | None) -> Fresh: ...
    def make(self, samples: Sequence[int], epoch: int, threads: int) -> FreshBatch:
        """Variant `epoch + 1` of samples, given by their place in the manifest."""

@final
class FreshBatch:
    """Variants that were made, in Rust's memory."""

    def points(self) -> list[int | Error]:
        """Number of points of each sample, or why there is none."""

    def told(self) -> list[tuple[list[tuple[int, int, str, str, str, str | None]], str]]:
        """Of each sample that was made: its sentences as (row, object, annotation, action, text,
        reason), and its provenance as JSON."""

    def fill(self, columns: Sequence[str], buffers: Sequence[NDArray[np.uint8]], threads: int) -> None:
        """Writes columns of the samples that were made, one after the other, one buffer a column."""
