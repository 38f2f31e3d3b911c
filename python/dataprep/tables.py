"""The small tables (objects, descriptions) as flat NumPy columns.

Strings and lists stay flat, as offsets and values: workers that are forked share their pages, as
no Python object is touched until a row is asked for. Zstandard needs a Parquet reader: the native
half of this package, or pyarrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Union

import numpy as np

from .errors import CorruptShard, MissingDependency, UnknownColumn

Column = Union[np.ndarray, "Strings", "Lists", "Structs"]


class _Runs(Sequence[Any]):
    """A column whose values are runs of another: `offsets` int64 [n+1] into `of`."""

    def __init__(self, offsets: np.ndarray, of: Any) -> None:
        self.offsets, self.of = offsets, of

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return [self[i] for i in range(start, stop, step)]
            return type(self)(self.offsets[start : max(start, stop) + 1], self.of)
        i = range(len(self))[index]
        return self._value(self.of[int(self.offsets[i]) : int(self.offsets[i + 1])])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)})"

    @staticmethod
    def _value(run: Any) -> Any:
        raise NotImplementedError


class Strings(_Runs):
    """A column of strings: `offsets` int64 [n+1] into UTF-8 bytes, uint8."""

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))

    @staticmethod
    def _value(run: Any) -> str:
        return run.tobytes().decode()


class Lists(_Runs):
    """A column of lists: `offsets` int64 [n+1] into the column of their items."""

    @staticmethod
    def _value(run: Any) -> Any:
        return run if isinstance(run, np.ndarray) else list(run)


class Structs(Sequence[dict[str, Any]]):
    """A column of records: one column a field."""

    def __init__(self, fields: dict[str, Column]) -> None:
        self.fields = fields

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Structs({name: column[index] for name, column in self.fields.items()})
        return {name: column[index] for name, column in self.fields.items()}


class Table:
    """Columns of one length. `table["text"]` is a column, `table.row(3)` a dict."""

    def __init__(self, columns: dict[str, Column], rows: int | None = None) -> None:
        self.columns = columns
        self._rows = rows if rows is not None else len(next(iter(columns.values())))

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Column:
        try:
            return self.columns[name]
        except KeyError:
            raise UnknownColumn(f"the table has no column {name!r}", found=", ".join(self.columns)) from None

    def row(self, index: int) -> dict[str, Any]:
        """The row as Python and NumPy scalars, strings, lists and arrays."""
        index = range(len(self))[index]
        return {name: column[index] for name, column in self.columns.items()}

    def slice(self, start: int, stop: int) -> Table:
        """The rows from `start` to before `stop`; shares the columns' memory."""
        return Table({name: column[start:stop] for name, column in self.columns.items()}, stop - start)

    @staticmethod
    def concat(tables: list[Table]) -> Table:
        """The rows of all tables, in order. The tables have the same columns."""
        if len(tables) == 1:
            return tables[0]
        names = tables[0].columns
        joined = {name: _concat([table[name] for table in tables]) for name in names}
        return Table(joined, sum(len(table) for table in tables))

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.columns)})"


def _concat(parts: list[Any]) -> Column:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    if isinstance(parts[0], Structs):
        return Structs({name: _concat([p.fields[name] for p in parts]) for name in parts[0].fields})
    starts = [int(p.offsets[0]) for p in parts]
    stops = [int(p.offsets[-1]) for p in parts]
    base = np.cumsum([0] + [stop - start for start, stop in zip(starts, stops)])
    moved = [p.offsets[:-1] - start + at for p, start, at in zip(parts, starts, base)]
    offsets = np.concatenate(moved + [base[-1:]]).astype(np.int64)
    if isinstance(parts[0], Strings):
        return Strings(offsets, np.concatenate([p.of[a:b] for p, a, b in zip(parts, starts, stops)]))
    return Lists(offsets, _concat([p.of[a:b] for p, a, b in zip(parts, starts, stops)]))


def read_table(path: Place, columns: list[str] | None = None) -> Table:
    """Reads a Parquet file of one of the three tables, or some of its columns.

    Numbers become arrays [n], `binary` columns arrays of the dtype and shape that the field's
    metadata says, with NaN or 0 for null.
    """
    nodes = _nodes(path, columns)
    return Table({name: _column(node) for name, node in nodes.items()})


def _nodes(path: Place, columns: list[str] | None) -> dict[str, Any]:
    try:
        from . import _native
    except ImportError:
        return _arrow_nodes(path, columns)
    return _native.read_table(str(path), columns)


def _column(node: dict[str, Any]) -> Column:
    kind = node["kind"]
    if kind == "primitive":
        return np.frombuffer(node["data"], node["dtype"])
    if kind == "string":
        return Strings(np.frombuffer(node["offsets"], "<i8"), np.frombuffer(node["data"], np.uint8))
    if kind == "list":
        return Lists(np.frombuffer(node["offsets"], "<i8"), _column(node["items"]))
    if kind == "struct":
        return Structs({name: _column(field) for name, field in node["fields"].items()})
    values = np.frombuffer(node["data"], node["dtype"]).reshape([-1, *node["shape"]])
    if node["valid"] is None:
        return values
    valid = np.frombuffer(node["valid"], np.bool_)
    none = np.nan if values.dtype.kind == "f" else 0
    return np.where(valid.reshape([-1] + [1] * len(node["shape"])), values, values.dtype.type(none))


def _arrow_nodes(path: Place, columns: list[str] | None) -> dict[str, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingDependency(
            "the objects and descriptions tables are compressed: reading them takes a Parquet reader",
            file=path,
            help="pip install pyarrow, or install dataprep with its native module",
        ) from error
    try:
        # One thread, so that none is left behind in a process that will fork.
        table = pq.read_table(path, columns=columns, use_threads=False, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise CorruptShard(
            f"cannot read the table: {error}",
            file=path,
            help="copy the data set again, or write it again",
        ) from error
    nodes = {}
    for name in table.column_names:
        chunks = table[name].combine_chunks()
        array = chunks if isinstance(chunks, pa.Array) else pa.concat_arrays(chunks.chunks)
        nodes[name] = _arrow_node(array, table.schema.field(name).metadata or {})
    return nodes


def _arrow_node(array: Any, metadata: dict[bytes, bytes]) -> dict[str, Any]:
    import pyarrow as pa

    kind, n = array.type, len(array)
    if pa.types.is_string(kind):
        offsets = np.frombuffer(array.buffers()[1] or b"\0" * 4, np.int32)[
            array.offset : array.offset + n + 1
        ]
        data = array.buffers()[2]
        return {"kind": "string", "offsets": offsets.astype("<i8"), "data": data if data is not None else b""}
    if pa.types.is_list(kind):
        offsets = np.asarray(array.offsets).astype("<i8")
        return {"kind": "list", "offsets": offsets, "items": _arrow_node(array.values, {})}
    if pa.types.is_struct(kind):
        names = [kind.field(i).name for i in range(kind.num_fields)]
        fields = {name: _arrow_node(field, {}) for name, field in zip(names, array.flatten())}
        return {"kind": "struct", "fields": fields}
    if pa.types.is_binary(kind):
        dtype = np.dtype(metadata[b"dtype"].decode())
        shape = [int(n) for n in metadata[b"shape"].decode().strip("[]").split(",")]
        none = b"\0" * (dtype.itemsize * math.prod(shape))
        return {
            "kind": "fixed",
            "dtype": dtype.str,
            "shape": shape,
            "data": b"".join(none if value is None else value for value in array.to_pylist()),
            "valid": np.asarray(array.is_valid()) if array.null_count else None,
        }
    values = array.to_numpy(zero_copy_only=False)
    return {"kind": "primitive", "dtype": values.dtype.str, "data": np.ascontiguousarray(values)}
