"""Takes the README's moving picture of the page: `scripts/film`."""

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, call, chromium_path
from tests.server import run_server

TARGET = Path(__file__).parent.parent / "docs" / "pictures" / "lab.webp"
VIEWPORT = (1100, 930)
WIDTH = 880  # of the picture
TRAINED = 11_000  # iterations; by then every sum is right
EVERY = 290  # iterations between two pictures
A_SECOND = 450
A, B = 77, 59  # every position carries
BITS = 8
LIMIT = 950_000  # bytes


class Film:
    """What a page showed, and for how long.

    Attributes:
        frames: the pictures, scaled down.
        milliseconds: how long each is shown. A time-lapse: it took longer.
    """

    def __init__(self, page: Page) -> None:
        self.frames: list[Image.Image] = []
        self.milliseconds: list[int] = []
        self._page = page

    def shoot(self, milliseconds: int) -> None:
        """Add what the page shows now."""
        picture = Image.open(BytesIO(self._page.screenshot())).convert("RGB")
        size = (WIDTH, WIDTH * picture.height // picture.width)
        self.frames.append(picture.resize(size, Image.Resampling.LANCZOS))
        self.milliseconds.append(milliseconds)

    def save(self, target: Path) -> None:
        """Write an animated WebP that repeats for ever."""
        self.frames[0].save(
            target,
            save_all=True,
            append_images=self.frames[1:],
            duration=self.milliseconds,
            loop=0,
            quality=45,
            kmax=10,  # a whole picture that often, or else shadows of older ones stay
        )


def main() -> None:
    """Train, ask for a sum, and watch the carry go from right to left."""
    with run_server() as server, sync_playwright() as driver:
        call(server, "POST", "/api/runs/main/step", {"iterations": 1})  # waits for the engine
        call(server, "POST", "/api/runs/main/reset", {})
        call(server, "PATCH", "/api/runs/main", {"speed": A_SECOND})
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
        page.goto(f"{server.url}/#hide=cases,matrices&speed={A_SECOND}")
        expect(page.locator("#connection")).to_have_text("live")
        page.wait_for_timeout(500)
        film = Film(page)

        film.shoot(900)
        page.get_by_role("button", name="Start", exact=True).click()
        iteration = page.locator("#iteration")
        for least in range(EVERY, TRAINED, EVERY):
            while int(iteration.inner_text().replace(",", "")) < least:
                page.wait_for_timeout(20)
            film.shoot(120)
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#state")).to_have_text("paused")
        expect(page.locator("#stage-caption")).to_contain_text("is done")
        film.shoot(1500)

        page.locator("#try").scroll_into_view_if_needed()
        page.get_by_label("a", exact=True).fill(str(A))
        page.get_by_label("b", exact=True).fill(str(B))
        film.shoot(1200)
        page.get_by_role("button", name="Hold", exact=True).click()
        page.locator("#try").scroll_into_view_if_needed()
        page.get_by_role("button", name="Predict").click()
        page.evaluate("scrollTo(0, 0)")
        expect(page.locator("#stage-sum")).to_contain_text(str(A))
        caption = page.locator("#stage-caption")
        for _ in range(BITS):
            before = caption.inner_text()
            page.get_by_role("button", name="Next bit", exact=True).click()
            expect(caption).not_to_have_text(before)
            page.mouse.move(0, 0)
            page.wait_for_timeout(400)  # until transitions end
            film.shoot(480)
        page.get_by_role("button", name="Next bit", exact=True).click()
        expect(page.locator("#stage-verdict")).to_contain_text("right")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        film.shoot(3000)
        browser.close()
    film.save(TARGET)
    size = TARGET.stat().st_size
    print(f"{TARGET.name}: {len(film.frames)} pictures, {sum(film.milliseconds) / 1000:.1f} s, {size / 1000:.0f} kB")
    if size > LIMIT:
        raise SystemExit(f"more than {LIMIT / 1000:.0f} kB")


if __name__ == "__main__":
    main()
