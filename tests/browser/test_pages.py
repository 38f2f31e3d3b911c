"""What people do with the pages: read, filter, open, turn, click, by mouse and by keys."""

import re

import pytest

VIEWER = "[data-ready]"


def pixels(page) -> list[int]:
    """How many of the canvas's pixels differ from its corner, and a digest of all."""
    return page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
            const canvas = document.querySelector('canvas'), gl = canvas.getContext('webgl2');
            const [w, h] = [canvas.width, canvas.height], bytes = new Uint8Array(4 * w * h);
            gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
            let other = 0, digest = 0;
            for (let i = 0; i < bytes.length; i += 4) {
                if (bytes[i] !== bytes[0] || bytes[i + 1] !== bytes[1]) other++;
                digest = (Math.imul(digest, 31) + bytes[i] + 7 * bytes[i + 1] + 13 * bytes[i + 2]) | 0;
            }
            done([other, digest]);
        })))"""
    )


def filled(page) -> None:
    """Waits for the cards of all rules that are open: the browser tells the page of these a moment later."""
    rules = page.locator(".rule[open]")
    rules.first.wait_for()
    for i in range(rules.count()):
        rules.nth(i).locator(".card").first.wait_for(state="attached")


def rules(page) -> list[str]:
    return [text.split()[0] for text in page.locator(".rule h3").all_inner_texts()]


def test_the_report_reads_from_the_verdict_down(visit, shot):
    page = visit("report")
    assert "Do not train on this yet" in page.locator(".verdict").inner_text()
    heads = page.locator("h2").all_inner_texts()
    assert heads == [
        "Causes by harm", "Findings by rule", "Scenes in 3D", "Balance", "Splits", "Text", "Masks", "Provenance",
    ]  # fmt: skip
    assert page.locator(".chart svg title").count() == page.locator(".chart svg desc").count() >= 5
    assert "Share it no further" in page.locator(".notice").first.inner_text()
    shot(page, "report-light", full_page=True)


def test_findings_are_filtered_and_sorted(visit):
    page = visit("report")
    by_harm = rules(page)
    assert len(by_harm) > 3
    harmed = [int((re.search(r"([\d,]+) description", text) or [0, "0"])[1].replace(",", ""))
              for text in page.locator(".rule > summary").all_inner_texts()]  # fmt: skip
    assert harmed == sorted(harmed, reverse=True)
    page.get_by_label("Rules by").select_option("severity")
    badges = page.locator(".rule .badge").all_inner_texts()
    assert badges == sorted(badges, key=["error", "warning", "info"].index)
    page.get_by_label("Rules by").select_option("code")
    assert rules(page) == sorted(by_harm) != by_harm
    page.get_by_label("warning").uncheck()
    page.get_by_label("info").uncheck()
    assert 0 < len(rules(page)) < len(by_harm)
    assert all(badge == "error" for badge in page.locator(".rule .badge").all_inner_texts())
    page.get_by_label("Find", exact=True).fill("wrong_lamp")
    page.get_by_label("Find", exact=True).fill("REF103")
    assert set(rules(page)) == {"REF103"}
    page.get_by_label("Find", exact=True).fill("nothing of this kind")
    assert rules(page) == [] and page.get_by_text("0 findings of 0 rules shown.").is_visible()


def test_a_card_opens_with_pictures_sentence_and_snippet(visit, shot):
    page = visit("report", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#causes a", has_text="REF103").click()
    card = page.locator("#REF103-error .card").first
    filled(page)
    decoded = "all => Promise.all(all.map(i => i.decode().then(() => i.naturalWidth)))"
    assert card.locator("img").evaluate_all(decoded) == [320, 320]
    assert card.locator("blockquote").count() >= 1 and card.locator(".thing").count() >= 1
    place = card.locator("h4").inner_text()
    card.get_by_role("button", name="Copy REF").click()
    card.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == place
    card.locator("summary", has_text="Suppress").click()
    snippet = card.locator("pre").inner_text()
    assert snippet.startswith('[[audit.suppress]]\nrule = "REF103"\nscene = "scene') and "reason = " in snippet
    card.locator("summary", has_text="Evidence").click()
    shot(page, "card")


def test_text_of_the_data_is_text(visit):
    page = visit("report")
    page.get_by_label("Find", exact=True).fill("onerror=alert")
    for summary in page.locator(".rule > summary").all():
        summary.click()
    filled(page)
    text = page.locator("#findings").inner_text()
    assert "<img src=x onerror=alert(1)>" in text and "🪑" in text
    assert "\u202e" not in text and "\0" not in text
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_viewer_draws_turns_and_names_what_is_clicked(visit, shot, scheme):
    page = visit("view", color_scheme=scheme)
    page.wait_for_selector(VIEWER)
    drawn, first = pixels(page)
    assert drawn > 5_000
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shot(page, f"view-{scheme}")
    # The object named stands in the middle; between two of its points a third may be seen.
    meant = page.locator("#sentences option:checked").inner_text().split()[0].split("/")[1]
    named = []
    for dx, dy in [(0, 0), (9, 0), (-9, 0), (0, 9), (0, -9)]:
        page.mouse.click(x + dx, y + dy)
        named.append(page.get_by_role("status").inner_text())
    assert sum(text.startswith(f"object {meant}: ") for text in named) >= 3, named
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 20, steps=4)
    page.mouse.up()
    turned = pixels(page)[1]
    assert turned != first
    page.mouse.wheel(0, -400)
    assert pixels(page)[1] != turned
    seen = set()
    for paint in ("rgb", "object", "label", "superpoint", "mask"):
        page.get_by_label("Colour by").select_option(paint)
        seen.add(pixels(page)[1])
    assert len(seen) == 5
    page.get_by_role("button", name="Back to start").click()
    cut = pixels(page)[1]
    page.get_by_label("cut ceiling").uncheck()
    assert pixels(page)[1] != cut


def test_a_scan_of_one_point_shows_it(visit):
    page = visit("point")
    page.wait_for_selector(VIEWER)
    assert pixels(page)[0] > 50


def test_another_sentence_points_out_another_object(visit):
    page = visit("view")
    page.wait_for_selector(VIEWER)
    before = pixels(page)[1]
    options = page.locator("#sentences option").all_inner_texts()
    meant = page.locator("#sentences option:checked").inner_text().split("/")[1]
    other = next(i for i, o in enumerate(options) if i and o.split("/")[1] != meant)
    page.get_by_label("Sentence").select_option(index=other)
    assert pixels(page)[1] != before


def test_the_viewer_is_used_by_keys(visit):
    page = visit("view")
    page.wait_for_selector(VIEWER)
    page.locator("canvas").focus()
    start = pixels(page)[1]
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "+"):
        before = pixels(page)[1]
        page.keyboard.press(key)
        assert pixels(page)[1] != before, key
    page.keyboard.press("Home")
    assert pixels(page)[1] == start
    page.keyboard.press("Enter")
    assert " · superpoint " in page.get_by_role("status").inner_text()


def test_the_report_shows_the_scene_of_a_card_in_3d(visit, shot):
    page = visit("report")
    page.locator("#causes a", has_text="REF103").click()
    page.locator("#REF103-error").get_by_role("button", name="Show in 3D").first.click()
    page.wait_for_selector(VIEWER)
    assert pixels(page)[0] > 2_000
    shot(page, "report-3d")


def test_the_report_is_used_by_keys(visit):
    page = visit("report")
    summary = page.locator(".rule > summary").first
    for _ in range(80):
        page.keyboard.press("Tab")
        if summary.evaluate("node => node === document.activeElement"):
            break
    else:
        raise AssertionError("no rule can be reached by Tab")
    assert summary.evaluate("node => getComputedStyle(node).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.locator(".rule[open] .card").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('.rule[open]')")


def test_before_and_after_move_together(visit, shot):
    page = visit("preview")
    page.locator(VIEWER).nth(1).wait_for()
    both = "[...document.querySelectorAll('[data-ready]')].map(r => r.viewer.frames)"
    page.wait_for_timeout(300)
    before = page.evaluate(both)
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert all(b > a for a, b in zip(before, page.evaluate(both), strict=True))
    shot(page, "preview", full_page=True)
    page.get_by_label("Beside the original").select_option("2")
    page.locator(VIEWER).nth(1).wait_for()
    assert page.locator("#space h3").nth(1).inner_text() == "variant 2"


@pytest.mark.parametrize("name", ["report", "view", "preview"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(name, color_scheme=scheme)
    if name == "report":
        page.locator(".rule > summary").first.click()
        page.locator("#space").get_by_role("button", name="Show").click()
    page.wait_for_selector(VIEWER)
    found = axe.Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in serious]


@pytest.mark.parametrize("name", ["report", "view", "preview"])
def test_a_phone_shows_all_without_scrolling_sideways(visit, shot, name):
    page = visit(name, viewport={"width": 390, "height": 800}, device_scale_factor=2, has_touch=True, color_scheme="dark")
    if name == "report":
        for summary in page.locator(".rule > summary").all():
            summary.click()
        filled(page)
    else:
        page.wait_for_selector(VIEWER)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, wide
    shot(page, f"{name}-phone")
