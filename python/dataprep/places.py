"""Where data sets lie: a folder of this machine, or an address such as `s3://bucket/folder`."""

from __future__ import annotations

import os
from pathlib import Path

_SCHEMES = ("s3://", "gs://", "az://", "abfss://")


class Address(os.PathLike[str]):
    """An address in an object store. `/` joins as with paths, `str` and `os.fspath` give its text."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip("/")

    def __truediv__(self, name: str) -> Address:
        return Address(f"{self._text}/{name}")

    def __fspath__(self) -> str:
        return self._text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Address({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def read_bytes(self) -> bytes:
        """The object's bytes. Raises `failures.NotFound` where there is none."""
        from . import _native

        return _native.read_bytes(self._text)


Place = Path | Address


def place(path: str | os.PathLike[str]) -> Place:
    """The address, or the local path; `file:///a/b` is `/a/b`."""
    text = os.fspath(path)
    if text.startswith(_SCHEMES):
        return Address(text)
    return Path(text.removeprefix("file://"))
