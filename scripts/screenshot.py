"""Takes the README's picture of the page: `scripts/screenshot`."""

import json
import urllib.request
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium_path
from tests.server import run_server

TARGET = Path(__file__).parent.parent / "docs" / "screenshot.png"
ITERATIONS = 6_500  # the carry is being learned: some sums are right, some not


def post(url: str, body: object) -> None:
    """Send a command."""
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")):
        pass


def main() -> None:
    """Train, open the page, step once with the stage in view, and take the picture in the backward pass."""
    with run_server() as server, sync_playwright() as driver:
        run = f"{server.url}/api/runs/main"
        post(f"{run}/step", {"iterations": ITERATIONS - 1})
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 1040})
        page.goto(server.url)
        expect(page.locator("#connection")).to_have_text("live")
        page.get_by_role("button", name="Hold", exact=True).click()
        page.get_by_role("button", name="Step", exact=True).click()
        expect(page.locator("#iteration")).to_have_text(f"{ITERATIONS:,}")
        caption = page.locator("#stage-caption")
        for _ in range(40):
            before = caption.inner_text()
            page.get_by_role("button", name="Next bit", exact=True).click()
            expect(caption).not_to_have_text(before)
            if caption.inner_text().startswith("Backward, position 3"):
                break
        expect(page.locator("#stage-caption")).to_contain_text("Backward, position 3")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # wait until transitions end
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
