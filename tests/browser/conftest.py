"""Pages made by the real command, opened in the system's Chromium. Run by `make browser`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Pictures of the pages for people to look at; `make browser SHOTS=folder` keeps them there.
SHOTS = Path(os.environ.get("SHOTS") or ROOT / "target" / "browser")
HOSTILE = "the <img src=x onerror=alert(1)> \"chair\" & 'desk' 🪑 \u202eback\u202c \u0000 left of the </script> table"


POINT = """ply
format ascii 1.0
element vertex 1
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 0
property list uchar int vertex_indices
end_header
1 2 3 255 0 0
"""


def run(*args: object, code: int = 0) -> str:
    command = os.environ.get("DATAPREP") or ROOT / "target" / "debug" / "dataprep"
    done = subprocess.run([command, *map(str, args)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Four made scans with cameras; some descriptions mean the wrong object, and one would run a script."""
    folder = tmp_path_factory.mktemp("made") / "data"
    run("synth", "-o", folder, "--scenes", 4, "--vertices", 12_000, "--seed", 3, "--cameras")
    for path in sorted(folder.glob("ScanRefer_filtered_train.json")):
        records = json.loads(path.read_text())
        for record in records[::7]:
            record["object_name"] = "wrong_lamp"
        records[0]["description"] = HOSTILE
        records[3]["description"] = ""
        records[7]["description"] = f"the {'w' * 5000} left of the table"
        records[14]["object_name"] = "lamp" * 1000
        path.write_text(json.dumps(records))
    return folder


@pytest.fixture(scope="session")
def pages(made, tmp_path_factory) -> dict[str, Path]:
    """The three kinds of page, and one of a scan of a single point."""
    folder = tmp_path_factory.mktemp("pages")
    scan = made / "scans" / "scene0000_00"
    run("audit", made / "scans", "--isolated", "--exit-zero", "--preview", "--report", f"html={folder / 'report.html'}")
    target = json.loads((made / "ScanRefer_filtered_train.json").read_text())[1]
    place = "/".join([target["scene_id"], target["object_id"], target["ann_id"]])
    run("view", made / "scans" / place, "-o", folder / "view.html")
    run("preview", scan, "-p", "pipelines/default.toml", "-o", folder / "preview.html", "--objects", 2, "--variants", 2)
    point = folder / "scene0000_00"
    point.mkdir()
    (point / f"{point.name}_vh_clean_2.ply").write_text(POINT)
    run("view", point, "-o", folder / "point.html")
    return {name: folder / f"{name}.html" for name in ("report", "view", "preview", "point")}


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        # Points are drawn by software where there is no graphics card.
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, pages):
    """Opens a page; at the end of the test nothing was fetched and nothing went wrong in it."""
    wrong, contexts = [], []

    def visit(name: str, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("dialog", lambda d: wrong.append(f"dialog {d.message}"))
        address = pages[name].as_uri()
        fetched = lambda r: not r.url.startswith(("data:", "blob:")) and r.url.split("#")[0] != address  # noqa: E731
        page.on("request", lambda r: wrong.append(r.url) if fetched(r) else None)
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    # A driver's advice on how the test itself reads pixels is no fault of the page.
    wrong = [text for text in wrong if "GPU stall due to ReadPixels" not in text]
    assert not wrong, wrong


@pytest.fixture
def shot():
    """Keeps a picture of a page for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return lambda page, name, **options: page.screenshot(path=SHOTS / f"{name}.png", **options)


def pytest_collection_modifyitems(items):
    if CHROMIUM is None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium: apt install chromium"))


def pytest_terminal_summary(terminalreporter):
    if CHROMIUM is None:
        terminalreporter.write_line("THE PAGES WERE NOT TESTED: there is no Chromium (apt install chromium)", red=True)
