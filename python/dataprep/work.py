"""`plan`, `run_unit`, `run` and `commit`: one augmentation on many machines.

A plan names every input by its hash and packs the work into units, one shard each. Units are
independent of each other, and the same bytes whoever makes them, however often; so an engine
moves names of units and a few numbers, never points. `commit` writes the manifest last.

All machines must see the scans and the output folder at the same paths, or at addresses of an object
store (`s3://…`, `gs://…`, `az://…`).
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import _native
from .errors import Error, MissingDependency
from .failures import InvalidConfiguration, NotFound, SystemFailure
from .places import Place, place
from .runs import Augmented, Findings, PathLike, Progress, _finding, _paths


@dataclass(frozen=True)
class Unit:
    """The work of one shard."""

    name: str
    scans: int


@dataclass(frozen=True)
class Plan:
    """A plan that is written down in its output folder."""

    #: `OUT/_dataprep/ID/plan.json`; all that another machine needs to know.
    path: Place
    plan_id: str
    #: The output folder.
    folder: Place
    units: tuple[Unit, ...]
    notes: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def open(cls, path: PathLike) -> Plan:
        """The plan in a plan file, or of an output folder that holds one.

        Raises `failures.NotFound` where there is none, `failures.Conflict` when another version
        of dataprep made it.
        """
        work = _work(os.fspath(path), False)
        folder = place(work.folder)
        units = tuple(Unit(*unit) for unit in work.units)
        return cls(folder / "_dataprep" / work.plan_id / "plan.json", work.plan_id, folder, units)


def _work(path: str, verify: bool) -> _native.Work:
    # References and label tables are read once a process, and again after a fork.
    return _opened(path, verify, os.stat(path).st_mtime_ns if os.path.isfile(path) else 0, os.getpid())


@functools.lru_cache(maxsize=4)
def _opened(path: str, verify: bool, _changed: int, _process: int) -> _native.Work:
    return _native.Work(path, verify)


def plan(
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
    jobs: int | None = None,
) -> Plan:
    """Plans what `augment` with the same arguments would do, and writes the plan into the folder.

    Every input is read once and hashed. Raises what `augment` raises before it runs.
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
        "verify": False,
        "jobs": jobs,
    }
    path, notes = _native.plan_into(request, None)
    made = Plan.open(path)
    return Plan(made.path, made.plan_id, made.folder, made.units, tuple(notes))


def run_unit(
    plan: Plan | PathLike,
    unit: str,
    *,
    threads: int = 1,
    verify: bool = False,
    progress: Progress | None = None,
) -> bool:
    """Makes one unit's shard; gives False where it had been made before.

    For any scheduler: idempotent, and safe to run twice at once. Scans that cannot be used are
    left out and named at `commit`. Raises `failures.Conflict` for a unit that is not in the plan.
    """
    path = plan.path if isinstance(plan, Plan) else plan
    return _work(os.fspath(path), verify).run([unit], threads, progress) == 0


def commit(plan: Plan | PathLike) -> Augmented:
    """Writes the manifest once every unit is made; the same again changes nothing.

    Raises `failures.Conflict`, with names, while units are missing.
    """
    path = plan.path if isinstance(plan, Plan) else plan
    work = _work(os.fspath(path), False)
    dataset_id, findings = work.commit()
    folder = place(work.folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return Augmented(folder, dataset_id, manifest, Findings(map(_finding, json.loads(findings))), ())


#: Does units of a plan, each maybe several times, until all are done; yields (name, done now).
Engine = Callable[..., Iterator[tuple[str, bool]]]


def run(
    plan: Plan | PathLike,
    *,
    engine: str = "local",
    units: Iterable[str] | None = None,
    threads: int = 1,
    verify: bool = False,
    progress: Progress | None = None,
    heard: Callable[[str, bool], object] | None = None,
    **options: Any,
) -> Mapping[str, bool]:
    """Makes the units of a plan (all of them unless named) on an engine, without committing.

    `engine`: "local" (this machine; `jobs=`), "ray" (`address=`, `in_flight=`, `retries=`,
    `task_options=`; inside a Ray job the cluster is the one it runs on) or "spark" (`session=`).
    `threads` are those of one unit. `progress` hears of units, `heard` of each one's name and whether it was
    made now, which is also what is given back. A run that was stopped or lost its driver goes on when it is called again.

    Raises `InvalidConfiguration` for an engine that is not known, `MissingDependency` for one
    that is not installed, and what a unit raised; its message names the unit.
    """
    plan = plan if isinstance(plan, Plan) else Plan.open(plan)
    if engine not in _ENGINES:
        raise InvalidConfiguration(
            f"no engine is called {engine!r}", help=f"one of {', '.join(sorted(_ENGINES))}"
        )
    names = [unit.name for unit in plan.units] if units is None else list(units)
    known = {unit.name for unit in plan.units}
    for name in names:
        if name not in known:
            # The native half says it best.
            run_unit(plan, name)
    done: dict[str, bool] = {}
    for name, now in _ENGINES[engine](plan, names, threads, verify, **options):
        done[name] = now
        if heard is not None:
            heard(name, now)
        if progress is not None:
            progress(len(done), len(names))
    return done


def _local(
    plan: Plan, names: list[str], threads: int, verify: bool, *, jobs: int | None = None
) -> Iterator[tuple[str, bool]]:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    jobs = jobs or max(1, (os.cpu_count() or 1) // threads)
    with ThreadPoolExecutor(jobs) as pool:
        # Exceptions of one unit end the run once those that are under way are done.
        tasks = {pool.submit(_named, plan.path, name, threads, verify): name for name in names}
        try:
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _named(path: PathLike, name: str, threads: int, verify: bool) -> bool:
    """`run_unit`, with the unit's name in what it raises."""
    try:
        return run_unit(path, name, threads=threads, verify=verify)
    except Error as error:
        error.message = f"unit {name}: {error.message}"
        raise


def _ray(
    plan: Plan,
    names: list[str],
    threads: int,
    verify: bool,
    *,
    address: str | None = None,
    in_flight: int | None = None,
    retries: int = 5,
    task_options: Mapping[str, Any] | None = None,
) -> Iterator[tuple[str, bool]]:
    try:
        import ray
    except ImportError as error:
        raise MissingDependency("the engine is not installed", help="pip install 'dataprep[ray]'") from error
    started = not ray.is_initialized()
    if started:
        try:
            ray.init(address=address or "auto", log_to_driver=False)
        except ConnectionError as error:
            raise NotFound(
                f"no Ray cluster is found: {str(error).splitlines()[0]}",
                help='start one with `ray start --head`, name one, or let address "local" start one here',
            ) from error
    try:
        # A lost machine is tried again by Ray itself; what the program raises is raised here.
        task = ray.remote(
            **{"num_cpus": threads, "max_retries": retries, "retry_exceptions": [SystemFailure], **(task_options or {})}
        )(_ray_unit)
        window = in_flight or max(2, int(4 * ray.cluster_resources().get("CPU", 1) // threads))
        waiting: dict[Any, str] = {}
        rest = iter(names)
        while True:
            for name in rest:
                waiting[task.remote(os.fspath(plan.path), name, threads, verify)] = name
                if len(waiting) >= window:
                    break
            if not waiting:
                return
            ready, _ = ray.wait(list(waiting), num_returns=1)
            for reference in ready:
                name = waiting.pop(reference)
                try:
                    yield name, ray.get(reference)
                except ray.exceptions.RayTaskError as error:
                    for other in waiting:
                        ray.cancel(other)
                    # Ours says all that there is to say; Ray's is a traceback of two processes.
                    cause = error.cause
                    raise cause if isinstance(cause, Error) else error.as_instanceof_cause() from None
    finally:
        if started:
            ray.shutdown()


def _ray_unit(path: str, name: str, threads: int, verify: bool) -> bool:
    # Imported where it runs: the driver's module does not travel.
    from dataprep.work import _named

    return _named(path, name, threads, verify)


def _spark(plan: Plan, names: list[str], threads: int, verify: bool, *, session: Any) -> Iterator[tuple[str, bool]]:
    path = os.fspath(plan.path)

    def do(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow

        from dataprep.work import _named

        for batch in batches:
            for name in batch.column("unit").to_pylist():
                now = _named(path, name, threads, verify)
                yield pyarrow.RecordBatch.from_pydict({"unit": [name], "now": [now]})

    frame = session.createDataFrame([(name,) for name in names], "unit string").repartition(len(names))
    for row in frame.mapInArrow(do, "unit string, now boolean").toLocalIterator():
        yield row.unit, row.now


_ENGINES: dict[str, Engine] = {"local": _local, "ray": _ray, "spark": _spark}
