"""The dashboard in a real Chromium: what it shows, by keyboard, in a narrow window, with hostile data, without any other host."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from support import ROOT, jsonl, mixed_rows, run, serve, validator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = Path(os.environ.get("RLAR_SCREENSHOTS", ROOT / "build" / "screenshots"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "rows.jsonl").write_text(jsonl(mixed_rows()))
    run("build", folder / "rows.jsonl", "--out", folder / "lib", "--quiet")
    records = folder / "rewards.sqlite"
    with serve("--library", folder / "lib", "--gather", "--tick-ms", "200", "--records", records) as running:
        rows = [row for row in mixed_rows() if "reference" in row]
        for _ in range(3):
            scored = [{**row, "responses": [f"The answer is {row['reference']}.", row["reference"]]} for row in rows]
            running.request("/v1/score", {"rows": scored})
        hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
        for i in range(12):
            running.request(
                "/v1/score", {"rows": [{"prompt": f"{hostile} {i}", "reference": {"a": [i]}, "response": "x"}]}
            )
        yield running


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "the Debian package chromium is missing: ./dev setup installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser, server):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.asked, page.problems = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(server.url + "/")
    expect(page.locator("#summary")).to_contain_text("library version")
    yield page
    assert not page.problems
    assert all(url.startswith(server.url) for url in page.asked), page.asked
    page.close()


def test_tasks_routes_alarms_and_versions_are_shown(page):
    expect(page.locator("#tasks tbody tr")).not_to_have_count(0)
    expect(page.locator("#routes")).to_contain_text("number_equal")
    expect(page.locator("#alarms")).to_contain_text("flat")
    expect(page.locator("#alarms")).to_contain_text("unserved")
    expect(page.locator("#versions")).to_contain_text("build from rows.jsonl")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "dashboard.png", full_page=True)


def test_a_tasks_share_is_shown_over_time(page, server):
    windows = server.request("/v1/status")[1]["history"]["windows"]
    assert len(windows) > 1
    for task in server.request("/v1/status")[1]["tasks"]:
        shares = [100 * window.get(task["task"] or "", 0) / sum(window.values()) for window in windows]
        row = page.locator("#tasks tbody tr").filter(has_text=task["task"] or "(none)").first
        says = row.locator("svg").get_attribute("aria-label")
        assert says == "share over time: " + ", ".join(f"{share:.1f} %" for share in shares)
        assert row.locator("polyline").get_attribute("points").count(",") == len(shares)


def test_a_single_reward_shows_its_trace(page, server):
    body = server.request("/v1/rewards")[1]
    validator("rewards").validate(body)
    assert body["recorded"] and len(body["rewards"]) == 30
    rows = page.locator("#rewards tbody tr")
    expect(rows).to_have_count(30)
    expect(rows.last).to_contain_text(body["rewards"][-1]["tool"])
    expect(rows.last.locator("pre")).not_to_be_visible()
    rows.last.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(rows.last.locator("pre")).to_be_visible()
    expect(rows.last.locator("pre")).to_contain_text(body["rewards"][-1]["library_version"])


def test_data_never_becomes_markup(page):
    expect(page.locator("#alarms")).to_contain_text("<img src=x")
    expect(page.locator("#rewards")).to_contain_text("<img src=x")
    assert page.title() == "RLAR" and page.locator("img").count() == 0


def test_a_row_is_scored_by_keyboard(page):
    page.locator("#row").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text('"value": 1')
    page.locator("#row").fill("{")
    page.locator("#try").click()
    expect(page.locator("#result")).to_contain_text("JSON")


def test_a_narrow_window_needs_no_sideways_scrolling(page):
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "dashboard_narrow.png", full_page=True)


def test_with_a_token(browser, tmp_path):
    (tmp_path / "rows.jsonl").write_text(jsonl(mixed_rows()))
    run("build", tmp_path / "rows.jsonl", "--out", tmp_path / "lib", "--quiet")
    with serve("--library", tmp_path / "lib", "--token", "s3cret") as running:
        page = browser.new_page()
        page.goto(running.url + "/")
        expect(page.locator("#summary")).to_contain_text("a token is needed")
        page.goto(running.url + "/#token=s3cret")
        page.reload()
        expect(page.locator("#summary")).to_contain_text("library version")
        expect(page.locator("#rewards")).to_contain_text("--records FILE")
        page.close()
