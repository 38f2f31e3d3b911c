"""`audit`, `augment` and `verify`: what the command does, for programs.

They run without the interpreter's lock, on threads that live as long as the call. Ctrl-C, and an
exception in `progress`, end them where they can be taken up again, and are raised.
`progress(done, total)` is called from the thread that waits, about twenty times a second at most.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _native
from .errors import MissingDependency
from .failures import InvalidConfiguration
from .places import Place, place

if TYPE_CHECKING:
    import pyarrow

PathLike = str | os.PathLike[str]
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing. `python -m dataprep rule CODE` explains its rule."""

    code: str
    name: str
    #: "error", "warning" or "info".
    severity: str
    message: str
    url: str
    #: The file to open, and where in it: (line, column) from 1, or a JSON pointer.
    file: str | None
    location: tuple[int, int] | None
    json_pointer: str | None
    scene_id: str | None
    #: ScanNet's objectId.
    object_id: int | None
    ann_id: str | None
    split: str | None
    #: Number of descriptions that it harms.
    descriptions: int
    #: Numbers and names behind the message; the rule's page says what each key means.
    evidence: Mapping[str, Any]
    related: Sequence[Mapping[str, Any]]
    fix: Mapping[str, Any] | None
    #: Strength of the evidence, 0 to 1, where the rule measures one.
    score: float | None
    #: Stays the same while the fault stays.
    fingerprint: str
    #: "new", "baseline" or "suppressed".
    state: str
    suppression: Mapping[str, Any] | None


def _finding(said: dict[str, Any]) -> Finding:
    said = dict(said)
    if said["location"] is not None:
        said["location"] = (said["location"]["row"], said["location"]["column"])
    if said["ann_id"] is not None:
        said["ann_id"] = str(said["ann_id"])
    return Finding(**said)


class Findings(list[Finding]):
    """Findings, worst first."""

    @property
    def new(self) -> Findings:
        """Those that neither a baseline nor a suppression knows."""
        return Findings(finding for finding in self if finding.state == "new")

    def to_arrow(self) -> pyarrow.Table:
        """A table with a row for each: strings, int64 `object_id`, `line`, `column` and
        `descriptions`, float64 `score`; `evidence`, `related`, `fix` and `suppression` are JSON.

        Raises `dataprep.errors.MissingDependency` without pyarrow.
        """
        pa = _pyarrow()
        texts = ("code", "name", "severity", "message", "url", "file", "json_pointer", "scene_id")
        columns: dict[str, Any] = {name: self._column(pa, name, pa.string()) for name in texts}
        for at, name in enumerate(("line", "column")):
            values = [None if f.location is None else f.location[at] for f in self]
            columns[name] = pa.array(values, pa.int64())
        columns["object_id"] = self._column(pa, "object_id", pa.int64())
        columns["descriptions"] = self._column(pa, "descriptions", pa.int64())
        columns["score"] = self._column(pa, "score", pa.float64())
        for name in ("ann_id", "split", "fingerprint", "state"):
            columns[name] = self._column(pa, name, pa.string())
        for name in ("evidence", "related", "fix", "suppression"):
            values = [getattr(f, name) for f in self]
            columns[name] = pa.array([None if v is None else json.dumps(v) for v in values], pa.string())
        return pa.table(columns)

    def _column(self, pa: Any, name: str, kind: Any) -> Any:
        return pa.array([getattr(finding, name) for finding in self], kind)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingDependency(
            "findings become an Arrow table through pyarrow, which is not installed",
            help="pip install pyarrow",
        ) from error
    return pyarrow


@dataclass(frozen=True)
class Audit:
    """What an audit found."""

    findings: Findings
    #: The run in one sentence.
    verdict: str
    #: scans, descriptions, vertices, errors, warnings, infos, baseline, suppressed, explained.
    counts: Mapping[str, int]
    #: What is wrong, one entry for each rule, the most urgent first.
    causes: Sequence[Mapping[str, Any]]
    #: Whether the whole data set was looked at.
    complete: bool
    notes: Sequence[str]
    #: The report as `dataprep audit --output-format json` writes it.
    json: str = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether no new finding is an error."""
        return self.counts["errors"] == 0


def _paths(paths: PathLike | Iterable[PathLike] | None) -> list[str]:
    if paths is None:
        return []
    if isinstance(paths, (str, os.PathLike)):
        return [os.fspath(paths)]
    return [os.fspath(path) for path in paths]


def audit(
    scans: PathLike | Iterable[PathLike] | None = None,
    *,
    references: PathLike | Iterable[PathLike] | None = None,
    labels: PathLike | None = None,
    splits: Mapping[str, PathLike] | None = None,
    cameras: PathLike | None = None,
    superpoints: PathLike | None = None,
    scenes: str | None = None,
    select: Iterable[str] | None = None,
    extend_select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    preview: bool = False,
    profile: Iterable[str] = (),
    severity: Mapping[str, str] | None = None,
    baseline: PathLike | None = None,
    config: PathLike | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Says what is wrong with a data set. Nothing is changed, and nothing is cached.

    `scans` are folders of scans or single scan folders; references, labels, splits and the rest
    are found beside them unless named. `scenes` is a glob of ids. `select`, `extend_select` and
    `ignore` name rules by code, name or prefix; `severity` maps codes to "error", "warning" or
    "info". `config` is a `dataprep.toml`; none is read unless named. `progress` hears of scans.

    Raises a `dataprep.Error`: `failures.NotFound` when there is no scan,
    `failures.InvalidConfiguration` for rules or settings that cannot be. A scan that cannot be
    read is a finding, not an error.
    """
    given = dict(locals())
    return _audit(*_native.audit(_request(given), progress))


def audit_part(
    part: int,
    parts: int,
    summary: PathLike,
    scans: PathLike | Iterable[PathLike] | None = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> int:
    """Audits part `part` (from 0) of `parts` of the scans, and writes what it found to the file `summary`.

    `options` are those of `audit`, the same for every part. Gives the number of scans that were looked at;
    `merge` reports on them. Parts may run anywhere and in any order.

    Raises what `audit` raises, and `failures.InvalidConfiguration` for a part that cannot be.
    """
    if not 0 <= part < parts:
        raise InvalidConfiguration(f"part {part} of {parts} cannot be", expected="0 <= part < parts")
    return _native.audit_part(_request(_as_given(scans, options)), (part, parts), os.fspath(summary), progress)


def merge(
    summaries: Iterable[PathLike], scans: PathLike | Iterable[PathLike] | None = None, **options: Any
) -> Audit:
    """What `audit` would report, to the byte, from what `audit_part` wrote of all parts.

    The scans are not read again, but sentences, label table and splits are. `options` are those of `audit`,
    as the parts had them.

    Raises `failures.Conflict` for a part of another version, of other rules or of other sentences, and
    `failures.NotFound`, with names, when scans are in no part.
    """
    return _audit(*_native.merge(_request(_as_given(scans, options)), _paths(summaries)))


def _as_given(scans: PathLike | Iterable[PathLike] | None, options: dict[str, Any]) -> dict[str, Any]:
    """All arguments of `audit`, for some of them; raises `TypeError` for one that it does not have."""
    given = inspect.signature(audit).bind(scans, **options)
    given.apply_defaults()
    return given.arguments


def _request(given: dict[str, Any]) -> dict[str, Any]:
    """What the native half is asked, for the arguments of `audit`."""
    lists = {name: list(given[name]) for name in ("extend_select", "ignore", "profile")}
    return {
        **given,
        **lists,
        "scans": _paths(given["scans"]),
        "references": _paths(given["references"]),
        "splits": {name: os.fspath(path) for name, path in (given["splits"] or {}).items()},
        "select": None if given["select"] is None else list(given["select"]),
        "severity": dict(given["severity"] or {}),
    }


def _audit(text: str, notes: list[str]) -> Audit:
    report = json.loads(text)
    counts = dict(report["summary"])
    verdict = counts.pop("verdict")
    findings = Findings(map(_finding, report["findings"]))
    return Audit(findings, verdict, counts, report["causes"], report["meta"]["complete"], notes, text)


@dataclass(frozen=True)
class Augmented:
    """A finished data set. `dataprep.Shards(result.path)` reads it."""

    path: Place
    #: BLAKE3 of the manifest; a training checkpoint can hold it.
    dataset_id: str
    #: The manifest: totals, what was left out and why, what the text gate did.
    manifest: Mapping[str, Any] = field(repr=False)
    #: About the data set as a whole; empty when the folder was complete already.
    findings: Findings
    notes: Sequence[str]


def augment(
    pipeline: PathLike,
    scans: PathLike | Iterable[PathLike] | None = None,
    *,
    output: PathLike | None = None,
    seed: int | None = None,
    variants: int | None = None,
    scenes: str | None = None,
    set: Iterable[str] = (),
    overwrite: bool = False,
    update: bool = False,
    verify: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Augmented:
    """Augments scans as a pipeline file says, and writes shards into a folder.

    What is given here stands in place of what the pipeline says; `set` changes any other key
    ('text.on-conflict = "keep"'). The same call goes on with a run that was stopped, and does
    nothing when the folder is complete. `verify` checks the invariants of every variant.
    `progress` hears of scans.

    Raises a `dataprep.Error`: `failures.InvalidConfiguration` with line and column of the
    pipeline, `failures.Conflict` when the folder holds something else. Scans that cannot be used
    are left out, and `manifest["skipped"]` says why.
    """
    request = {
        "pipeline": pipeline,
        "scans": _paths(scans),
        "output": output,
        "seed": seed,
        "variants": variants,
        "scenes": scenes,
        "set": list(set),
        "overwrite": overwrite,
        "update": update,
        "verify": verify,
        "jobs": jobs,
    }
    path, dataset_id, notes, findings = _native.augment(request, progress)
    folder = place(path)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return Augmented(folder, dataset_id, manifest, Findings(map(_finding, json.loads(findings))), notes)


@dataclass(frozen=True)
class Problem:
    """Something that is not as the manifest claims: rule, file relative to the folder, message."""

    code: str
    file: str
    message: str


@dataclass(frozen=True)
class Verified:
    """What a check of a data set gave."""

    problems: Sequence[Problem]
    shards: int
    scenes: int
    descriptions: int

    @property
    def ok(self) -> bool:
        """Whether everything is as the manifest claims; shards of very different sizes (SHD106) are."""
        return all(problem.code == "SHD106" for problem in self.problems)


def verify(path: PathLike, *, jobs: int | None = None, progress: Progress | None = None) -> Verified:
    """Checks every file of a data set against its manifest: sizes, digests, rows, layout, targets.

    `progress` hears of shards. Raises `failures.NotFound` when there is no manifest, and
    `dataprep.Error` when it cannot be read at all; everything else is a problem in the result.
    """
    problems, (shards, scenes, descriptions) = _native.verify(path, jobs, progress)
    return Verified([Problem(*problem) for problem in problems], shards, scenes, descriptions)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `dataprep`; gives its exit code."""
    # As in a program without Python: Ctrl-C ends it, unless the command asks to be told.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    arguments = sys.argv[1:] if arguments is None else arguments
    # `augment --engine` asks this Python for the engines.
    os.environ.setdefault("DATAPREP_PYTHON", sys.executable)
    return _native.main(["dataprep", *arguments], _native.__file__)
