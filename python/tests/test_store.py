"""Scans and data sets in an object store: the bytes of local folders, whoever writes them and however
the store behaves. The store is a real S3 server on this machine (moto), where it installs."""

import http.client
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, command, run, status_of

import dataprep
from dataprep import failures
from dataprep.loader import Loader

PIPELINE = ROOT / "pipelines/default.toml"
SET = ["output.shard-size-mb=1"]


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class Server:
    """An S3 server, and the environment that leads to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "made",
            "AWS_SECRET_ACCESS_KEY": "up",
            "AWS_REGION": "us-east-1",
        }

    def put(self, path: str, data: bytes = b"") -> None:
        plain = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", data, plain, method="PUT")
        urllib.request.urlopen(request, timeout=30).close()

    def upload(self, folder: Path, bucket: str) -> None:
        self.put(bucket)
        for file in folder.rglob("*"):
            if file.is_file():
                self.put(f"{bucket}/{file.relative_to(folder)}", file.read_bytes())


@pytest.fixture(scope="module")
def server(made, tmp_path_factory):
    pytest.importorskip("moto.server", reason="moto does not install here")
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    serve = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(serve, stdout=log, stderr=log)
    made_server = Server(port)
    try:
        for _ in range(300):
            try:
                made_server.put("scans")
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, Path(log.name).read_text()
                time.sleep(0.1)
        else:
            pytest.fail("the server does not start")
        made_server.upload(made, "scans")
        before = {key: os.environ.get(key) for key in made_server.environment}
        os.environ.update(made_server.environment)
        yield made_server
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.__setitem__(key, value)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(server, request) -> str:
    """A bucket of its own for each test."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_"))[:60].strip("-")
    server.put(name)
    return f"s3://{name}"


@pytest.fixture(scope="module")
def whole(made, tmp_path_factory):
    """The data set of one run from a local folder into a local folder."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run("augment", "-p", PIPELINE, made / "scans", "-o", out, "--set", SET[0], "-q")
    return out


def read(address: str) -> bytes:
    return dataprep.places.place(address).read_bytes()


def test_a_run_from_store_to_store_gives_the_bytes_of_a_local_one(server, bucket, whole):
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0], "-q")
    assert read(f"{bucket}/out/manifest.json") == (whole / "manifest.json").read_bytes()
    for file in whole.rglob("*.parquet"):
        assert read(f"{bucket}/out/{file.relative_to(whole)}") == file.read_bytes()
    again = run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0])
    assert "complete, nothing to do" in again
    assert dataprep.verify(f"{bucket}/out").ok
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--seed", 3, code=2)
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--seed", 3, "--overwrite", "-q")
    assert dataprep.verify(f"{bucket}/out").ok


def test_an_audit_of_a_store_says_what_one_of_a_folder_says(server, made):
    here = dataprep.audit(made / "scans")
    there = dataprep.audit("s3://scans/scans")
    said = [[(f.code, f.message, f.scene_id) for f in findings] for findings in (here.findings, there.findings)]
    assert said[0] == said[1]
    assert here.counts == there.counts


def test_parts_in_parallel_and_twice_give_the_same(server, bucket, whole):
    plan = dataprep.plan(PIPELINE, "s3://scans/scans", output=f"{bucket}/out", set=SET)
    assert str(plan.path).startswith(f"{bucket}/out/_dataprep/")
    # Every part by two processes at once.
    parts = [
        subprocess.Popen([command(), "run", "--plan", str(plan.path), "--partition", f"{i % 3}/3", "-j", "1", "-q"])
        for i in range(6)
    ]
    assert [part.wait(300) for part in parts] == [0] * 6
    assert dataprep.commit(plan).manifest["plan_id"] == plan.plan_id
    assert read(f"{bucket}/out/manifest.json") == (whole / "manifest.json").read_bytes()
    dataprep.commit(plan)
    assert not any(dataprep.run(dataprep.Plan.open(f"{bucket}/out")).values()), "nothing is made twice"


def test_what_is_read_by_ranges_is_what_is_mapped(server, bucket, whole, tmp_path):
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0], "-q")
    here, there = dataprep.Shards(whole), dataprep.Shards(f"{bucket}/out", cache=tmp_path / "kept")
    assert there.dataset_id == here.dataset_id and len(there) == len(here)
    for mine, other in zip(here, there):
        assert mine.sample_id == other.sample_id
        for name in here.columns:
            np.testing.assert_array_equal(mine[name], other[name])
            assert other[name].dtype == mine[name].dtype
    assert list(there.descriptions["text"]) == list(here.descriptions["text"])
    assert there[0].info["sample_id"] == here[0].info["sample_id"]
    held = sum(file.stat().st_size for file in (tmp_path / "kept").iterdir())
    assert held > sum(sum(blob[1] for blob in entry.blobs.values()) for entry in here.entries)
    rows = [[2, 0], [1], [5, 3]]
    for mine, other in zip(Loader(here, rows, copy=True), Loader(there, rows, copy=True)):
        assert mine.keys() == other.keys()
        for name in mine:
            np.testing.assert_array_equal(mine[name], other[name])
    # What is kept here serves although nothing is left to fetch.
    offline = dataprep.Shards(f"{bucket}/out", cache=tmp_path / "kept", verify="never")
    first = offline[0]["xyz"]
    np.testing.assert_array_equal(first, here[0]["xyz"])


@pytest.mark.parametrize("profile", ["archive", "compact", "points"])
def test_other_profiles_are_read_by_ranges_too(server, bucket, made, tmp_path, profile):
    more = ["--set", f'output.profile="{profile}"', "--set", "sample.variants=1", "-q"]
    run("augment", "-p", PIPELINE, made / "scans", "-o", tmp_path / "out", *more)
    run("augment", "-p", PIPELINE, made / "scans", "-o", f"{bucket}/out", *more)
    for mine, other in zip(dataprep.Shards(tmp_path / "out"), dataprep.Shards(f"{bucket}/out")):
        for name in ("xyz", "object"):
            np.testing.assert_array_equal(mine[name], other[name])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_after_reading_reads_on(server, bucket, whole):
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0], "-q")
    shards = dataprep.Shards(f"{bucket}/out")
    expected = dataprep.Shards(whole)[1]["xyz"]
    np.testing.assert_array_equal(shards[0]["object"], dataprep.Shards(whole)[0]["object"])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if np.array_equal(shards[1]["xyz"], expected) else 2
        finally:
            os._exit(code)
    assert status_of(child) == 0
    np.testing.assert_array_equal(shards[2]["xyz"], dataprep.Shards(whole)[2]["xyz"])


class Deaf(http.server.BaseHTTPRequestHandler):
    """Hands requests on, but for the condition of a put: as stores do that do not know it."""

    protocol_version = "HTTP/1.1"
    behind = 0

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {key: value for key, value in self.headers.items() if key.lower() != "if-none-match"}
        onward = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60)
        onward.request(self.command, self.path, body, headers)
        reply = onward.getresponse()
        data = reply.read()
        self.send_response(reply.status)
        for key, value in reply.getheaders():
            if key.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(key, value)
        length = reply.getheader("Content-Length") if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        onward.close()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on

    def log_message(self, *_: object) -> None:
        pass


def test_a_store_that_ignores_conditions_ends_with_the_same(server, bucket, whole):
    Deaf.behind = server.port
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Deaf)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    there = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.server_port}"}
    try:
        made = [command(), "plan", "-p", str(PIPELINE), "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0]]
        plan = subprocess.run(made, env=there, capture_output=True, text=True, check=True).stdout.strip()
        runs = [
            subprocess.Popen([command(), "run", "--plan", plan, "-j", "1", "-q"], env=there) for _ in range(2)
        ]
        assert [each.wait(300) for each in runs] == [0, 0]
        commits = [subprocess.Popen([command(), "commit", "--plan", plan, "-q"], env=there) for _ in range(2)]
        assert [each.wait(300) for each in commits] == [0, 0]
    finally:
        proxy.shutdown()
    assert read(f"{bucket}/out/manifest.json") == (whole / "manifest.json").read_bytes()
    noted = dataprep.places.place(plan.rpartition("/")[0]) / "store-ignores-create.txt"
    assert b"If-None-Match" in noted.read_bytes()


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers everything with one error of S3."""

    code = ""

    def _refuse(self) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _refuse

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", "access is denied"),
        ("ExpiredToken", "credentials have expired"),
        ("RequestTimeTooSkewed", "clock"),
        ("SignatureDoesNotMatch", "does not know these credentials"),
    ],
)
def test_refusals_are_told_apart_and_have_a_remedy(code, says):
    Refusing.code = code
    refusing = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=refusing.serve_forever, daemon=True).start()
    try:
        there = {**os.environ, **Server(refusing.server_port).environment}
        done = subprocess.run(
            [command(), "audit", "s3://scans/scans"], env=there, capture_output=True, text=True, check=False, timeout=60
        )
    finally:
        refusing.shutdown()
    assert done.returncode == 75
    assert says in done.stderr and "help:" in done.stderr and "s3://scans/scans" in done.stderr


def test_what_is_not_there_is_said(server, bucket):
    with pytest.raises(failures.NotFound, match="no such bucket"):
        dataprep.audit("s3://nowhere-at-all/scans")
    with pytest.raises(dataprep.Error, match="no such file|not there|no scan"):
        dataprep.audit(f"{bucket}/scans")
    with pytest.raises(dataprep.Error, match="no data set"):
        dataprep.Shards(f"{bucket}/out")
    gone = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    done = subprocess.run(
        [command(), "run", "--plan", f"{bucket}/out"], env=gone, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 75 and "cannot be reached" in done.stderr


def test_a_bucket_that_vanishes_leaves_nothing_committed(server, bucket):
    plan = dataprep.plan(PIPELINE, "s3://scans/scans", output=f"{bucket}/out", set=SET)
    dataprep.run_unit(plan, plan.units[0].name)
    import boto3  # moto needs it, too

    held = boto3.resource("s3").Bucket(bucket.removeprefix("s3://"))
    held.objects.delete()
    held.delete()
    with pytest.raises(failures.NotFound, match="no such bucket"):
        dataprep.run_unit(plan, plan.units[1].name)


def test_an_update_in_a_store_leaves_nothing_behind(server, bucket, made, whole):
    run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0], "--scenes", "scene000[0-5]*", "-q")
    said = run("augment", "-p", PIPELINE, "s3://scans/scans", "-o", f"{bucket}/out", "--set", SET[0], "--update")
    assert "there from an earlier run" in said
    assert read(f"{bucket}/out/manifest.json") == (whole / "manifest.json").read_bytes()
    assert "nothing is left over" in run("gc", f"{bucket}/out")
    server.put(f"{bucket.removeprefix('s3://')}/out/scenes/train-00000-00000000.parquet", b"PAR1")
    assert "scenes/train-00000-00000000.parquet" in run("gc", f"{bucket}/out", "--delete")
    assert "nothing is left over" in run("gc", f"{bucket}/out")
    assert dataprep.verify(f"{bucket}/out").ok


def test_a_scan_in_a_store_is_drawn_and_shown(server, tmp_path):
    scan = "s3://scans/scans/scene0000_00"
    run("render", scan, "-o", tmp_path / "room.png")
    run("view", scan, "-o", tmp_path / "view.html")
    run("preview", scan, "-p", PIPELINE, "-o", tmp_path / "preview.html")
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("room.png", "view.html", "preview.html"))
    said = run("render", "s3://scans/scans", "-o", tmp_path / "x.png", code=2)
    assert "folder of scans" in said
