"""The lab in each of its languages: every part has its role and name, and no word is in another language."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.languages import LANGUAGES, TAGS, catalogue
from tests.app.test_languages import simplified_only
from tests.browser.conftest import Visit
from tests.browser.test_main_job import button

Open = Callable[..., Visit]
Api = Callable[..., Any]

languages = pytest.mark.parametrize("language", LANGUAGES)
others = pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])

WORDS = """
    () => {
        const seen = [];
        const other = "[lang=en], math, template, kbd";
        const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(other);
        for (const node of document.querySelectorAll("body *")) {
            if (!shown(node)) continue;
            for (const name of ["aria-label", "aria-valuetext", "title", "placeholder"])
                if (node.hasAttribute(name)) seen.push(node.getAttribute(name));
            for (const child of node.childNodes) if (child.nodeType === 3) seen.push(child.textContent);
        }
        return [document.title, ...seen];
    }
"""

NAMES = re.findall(
    r"\S+",
    """
    rnn-adder API safetensors synapse_0 synapse_h synapse_1 Elman Sigmoid Tanh ReLU Glorot GRU LSTM SGD
    Adam XOR PNG CSV Esc Enter Shift Ctrl Python RNN_ADDER_FRAME_ANCESTORS docs NumPy run- main seed
    JavaScript lang iframe src http embed title width height hidden_size theme hide true false nobody Mine
    """,
)
"""What is the same in every language, and what people named themselves."""


def left_over(page: Page) -> list[str]:
    """The English words that a page shows or that a screen reader would speak."""
    texts = page.evaluate(WORDS)
    assert len(texts) > 5
    words = {word for text in texts for word in re.findall(r"[A-Za-z][A-Za-z_-]{2,}\d?", text)}
    return sorted(word for word in words - set(NAMES) if not re.fullmatch("[Wb]_.+", word))


def in_language(language: str) -> Callable[..., str]:
    """A page's text in its language for an English text, with these values."""
    texts = {**catalogue(language, "server"), **catalogue(language, "page")}

    def said(text: str, /, **values: object) -> str:
        found = texts.get(text, text)
        assert isinstance(found, str)
        assert language == "en" or text in texts
        return found.format(**values)

    return said


def opened(visit: Open, language: str, path: str = "/", **options: Any) -> Page:
    """Open a page in that language, and wait until it is live if it has a connection."""
    separator = "&" if "?" in path else "?"
    page = visit(f"{path}{separator}lang={language}", live=False, **options).page
    expect(page.locator("html")).to_have_attribute("lang", TAGS[language])
    if page.locator("#connection").count():
        expect(page.locator("body")).to_have_attribute("data-connection", "open")
    return page


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def trained(api: Api) -> None:
    for _ in range(2):
        api("POST", "/api/runs/main/step", {"iterations": 10_000})


# Every part, by role and name


@languages
def test_the_main_job_is_done_by_role_and_name(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language)
    expect(page.get_by_role("heading", level=1)).to_have_text(said("A recurrent network learns to add"))
    button(page, said("Start")).click()
    expect(page.locator("#state")).to_have_text(said("running"))
    button(page, said("Pause")).click()
    expect(page.locator("#state")).to_have_text(said("paused"))
    button(page, said("Reset")).click()
    expect(page.locator("#state")).to_have_text(said("ready"))
    button(page, said("Step")).click()
    expect(page.locator("#iteration")).to_have_text("1")
    expect(page.locator("#stage-kind")).to_have_text(said("The problem of iteration {n}", n=1))
    expect(page.get_by_role("slider", name=said("Speed"))).to_have_attribute("aria-valuetext", re.compile("300"))
    page.get_by_role("textbox", name="a", exact=True).fill("-1")
    button(page, said("Predict")).click()
    hint = said("{name} is {text}: it must be 0 or more.", name="a", text="-1")
    expect(page.locator("#try-hint")).to_have_text(hint)
    page.get_by_role("textbox", name="a", exact=True).fill("9")
    button(page, said("Predict")).click()
    expect(page.get_by_role("status").filter(has_text="9 + 60 = 69")).to_be_visible()


@languages
def test_the_cases_and_the_strip_follow_the_training(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language)
    panel = region(page, said("Understood so far"))
    expect(panel.locator(".cases-cell")).to_have_count(8)
    expect(panel.locator("thead th").nth(2)).to_have_text(f"{said('carry')} 1")
    trained(api)
    expect(panel).to_contain_text(said("All {n} understood", n=8))
    expect(panel.locator("tbody td[data-verdict=right]")).to_have_count(8)
    page.get_by_role("tab", name=said("Your problem")).click()
    strip = page.get_by_role("figure", name=said("Your problem through training"))
    expect(strip).to_contain_text("127 + 1 = 128")
    expect(strip.locator("li")).to_have_text(["1✓", *["0✓"] * 7])
    assert page.get_by_role("img", name=said("Error of every iteration")).count() == 1


@languages
def test_what_the_settings_refuse_is_told_in_the_language_of_the_page(visit: Open, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language)
    button(page, said("Settings")).click()
    panel = page.get_by_role("dialog", name=said("Settings"))
    bits = panel.get_by_label(said("Bits"), exact=True)
    bits.fill("99")
    allowed = said("a whole number from {low} to {high}", low=2, high=32)
    refused = said("must be {allowed}, not {value}", allowed=allowed, value=99)
    expect(panel.locator("#set-bits-problem")).to_have_text(said("{problem}.", problem=refused))
    expect(panel.locator("#settings-differs")).to_contain_text(said("Bits").lower())
    panel.get_by_role("button", name=said("LSTM"), exact=True).click()
    watch = "Watch the rows of the gates on the stage, and when the accuracy rises. Then switch the cell to Elman."
    expect(panel.locator("#settings-watch")).to_have_text(said(watch))
    panel.get_by_role("button", name=said("Reset with these settings")).click()
    expect(panel).to_be_hidden()
    expect(page.locator(".matrix-gate").first).to_have_text(said("input"))


@languages
def test_a_moment_of_the_past_says_that_it_is_one(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = opened(visit, language)
    expect(page.locator("#iteration")).to_have_text("300")
    page.get_by_role("slider", name=said("Moment of the run")).fill("120")
    bar = region(page, said("In the past"))
    expect(bar).to_contain_text("120")
    expect(page.locator("#state")).to_have_text(said("in the past"))
    bar.get_by_role("button", name=said("Branch from here")).click()
    dialog = page.get_by_role("dialog", name=said("Branch from iteration {n}", n=120))
    name = said("{name} from {n}", name=said("Main"), n=120)
    expect(dialog.get_by_label(said("Name"), exact=True)).to_have_value(name)
    dialog.get_by_role("button", name=said("Close")).click()
    button(page, said("Back to now")).click()
    expect(page.locator("#state")).to_have_text(said("paused"))


@languages
def test_a_number_says_how_it_came_about(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    api("POST", "/api/runs/main/step", {"iterations": 300})
    page = opened(visit, language)
    expect(page.locator("#stage-kind")).to_have_text(said("The problem of iteration {n}", n=300))
    page.locator("#stage-scroll tr[data-name=predicted] td").last.click()
    dialog = page.get_by_role("dialog", name=said("How this number came about"))
    expect(dialog).to_contain_text(said("Output at position {position}", position=0))
    expect(dialog.locator("math").first).to_be_visible()
    dialog.get_by_role("button", name=said("Show all {n} terms", n=16)).click()
    expect(dialog.locator("tr:not(.terms-words)")).to_have_count(17)
    page.keyboard.press("Escape")
    box = page.locator("#heatmap-W_hh").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 8.5 / 16, box["y"] + box["height"] * 8.5 / 16)
    expect(page.locator("#matrices-readout")).to_contain_text(said("hidden unit {n}", n=8))


@languages
def test_keys_are_listed_and_what_is_shown_is_said(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    trained(api)
    page = opened(visit, language)
    expect(page.locator("#cases-summary")).to_have_text(said("All {n} understood", n=8))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=said("Keyboard"))).to_contain_text(said("start, pause"))
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    state = said("paused")
    error = api("GET", "/api/runs/main")["error"]
    spoken = said("Iteration {n}, {state}, error {error}.", n="20,000", state=state, error=f"{error:.2f}")
    expect(page.locator("#announcer")).to_contain_text(spoken)


@languages
def test_runs_are_compared(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    made = api("POST", "/api/runs", {"name": "Mine", "config": {"hidden_size": 4}})["id"]
    try:
        page = opened(visit, language, f"/compare?runs=main,{made}")
        expect(page.get_by_role("heading", name=said("At the end of each run"))).to_be_visible()
        row = page.get_by_role("row", name=said("Hidden size"))
        expect(row.locator("td:visible")).to_have_text(["16", "4"])
        page.get_by_role("checkbox", name=said("values")).check()
        page.get_by_role("slider", name=said("Smoothing")).press("Home")
        expect(page).to_have_url(re.compile(rf"runs=main,{made}&lang={language}#y=log&smooth=0$"))
        page.reload()
        expect(page.get_by_role("checkbox", name=said("values"))).to_be_checked()
        expect(page.get_by_role("slider", name=said("Smoothing"))).to_have_value("0")
        page.get_by_role("button", name=said("Remove {name}", name="Mine")).click()
        expect(row.locator("td:visible")).to_have_count(0)
        assert page.get_by_role("button", name=said("Chart as PNG")).is_visible()
    finally:
        api("DELETE", f"/api/runs/{made}")


@languages
def test_a_run_is_made_and_deleted_and_its_name_speaks_the_language(visit: Open, api: Api, language: str) -> None:
    said = in_language(language)
    page = opened(visit, language, "/runs")
    expect(page.get_by_role("heading", name=said("Main"))).to_be_visible()
    page.get_by_label(said("Experiment")).last.select_option(label=said("Three numbers"))
    button(page, said("New run")).click()
    page.wait_for_url(re.compile("/runs/run-"))
    run = api("GET", f"/api/runs/{page.url.rpartition('/')[2].partition('#')[0]}")
    assert run["name"] == said("Run {number}", number=run["id"].partition("-")[2])
    page.goto(page.url.partition("/runs/")[0] + "/runs")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=run["name"]))
    expect(card).to_contain_text(said("three numbers"))
    expect(card).to_contain_text(said("ready"))
    for _ in range(2):  # nothing is stored here, so that it asks once more
        card.locator("[data-act=remove]").click()
    expect(page.locator("#toast")).to_contain_text(said("“{name}” is deleted.", name=run["name"]))


# One language and the other


def test_a_page_is_in_the_browsers_language_until_another_is_chosen_and_stays_in_that(visit: Open) -> None:
    page = visit("/#seed=0", locale="zh-CN", live=False).page
    expect(button(page, "开始")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(button(page, "Start")).to_be_visible()
    assert page.url.endswith("/?lang=en")
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    page.get_by_role("link", name="简体").click()
    expect(page.get_by_role("heading", name="运行列表", level=1)).to_be_visible()
    page.get_by_role("link", name="主运行").first.click()
    expect(button(page, "开始")).to_be_visible()
    page.get_by_role("link", name="繁體").click()
    expect(button(page, "開始")).to_be_visible()
    page = visit("/", locale="zh-TW", live=False).page
    expect(button(page, "開始")).to_be_visible()


def test_a_language_behind_the_hash_is_gone_to_and_may_be_left(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/reset", {"config": {"seed": 3}})
    page = visit("/#seed=3&hide=cases&lang=zh", live=False).page
    page.wait_for_url(re.compile(r"/\?lang=zh#seed=3&hide=cases$"))
    expect(button(page, "开始")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile(r"/\?lang=en#seed=3&hide=cases$"))
    expect(button(page, "Start")).to_be_visible()
    page = visit("/#lang=nonsense").page
    expect(button(page, "Start")).to_be_visible()


def test_a_shared_address_and_an_embedded_page_keep_a_language_that_was_chosen(visit: Open) -> None:
    page = opened(visit, "zh")
    button(page, "分享").click()
    panel = page.get_by_role("dialog", name="分享")
    expect(panel.get_by_label("链接")).to_have_value(re.compile(r"/\?lang=zh#task=addition$"))
    expect(panel.get_by_label("嵌入")).to_have_value(
        re.compile(r'/\?embed=1&amp;lang=zh#task=addition" title="循环神经网络')
    )
    page = visit("/?embed=1&lang=zh", live=False).page
    expect(button(page, "开始")).to_be_visible()
    expect(page.get_by_role("link", name="打开实验室")).to_have_attribute("href", re.compile("lang=zh"))
    page = visit(locale="en-GB").page
    button(page, "Share").click()
    expect(page.get_by_label("Link", exact=True)).to_have_value(re.compile("/#task=addition$"))


# Nothing is left in English


def settings(page: Page) -> None:
    button(page, "设置").click()
    page.get_by_label("位数", exact=True).fill("99")
    expect(page.locator("#set-bits-problem")).to_contain_text("99")


def share(page: Page) -> None:
    button(page, "分享").click()
    expect(page.get_by_role("dialog", name="分享")).to_be_visible()


def keyboard(page: Page) -> None:
    page.locator("[popovertarget=help]").click()
    button(page, "键盘").click()
    expect(page.get_by_role("dialog", name="键盘")).to_be_visible()


def told(page: Page) -> None:
    page.keyboard.press("d")
    expect(page.locator("#message")).to_be_visible()


def explained(page: Page) -> None:
    page.locator("#stage-scroll tr[data-name=futurePart] .stage-units").nth(3).click()
    expect(page.get_by_role("dialog", name="这个数的计算过程")).to_be_visible()


def moment(page: Page) -> None:
    page.get_by_role("slider", name="查看的时刻").fill("100")
    button(page, "从这里建立分支").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def asked(page: Page) -> None:
    button(page, "预测").click()
    expect(page.get_by_role("status").filter(has_text="9 + 60")).to_be_visible()


STATES = [told, settings, share, keyboard, explained, moment, asked]
"""What a visitor sees one after the other, with Escape between: twice where it has to leave the past, too."""


def test_no_english_is_left_on_the_lab_in_any_of_its_states(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 500})
    page = opened(visit, "zh", reduced_motion="reduce")
    expect(page.locator("#cases .cases-cell")).to_have_count(8)
    expect(page.locator("#strip-title")).not_to_have_text("")
    assert left_over(page) == []
    for state in STATES:
        state(page)
        assert left_over(page) == [], state.__name__
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator("html")).to_have_attribute("data-when", "now")


@pytest.mark.parametrize(
    "config",
    [
        {"cell": "lstm", "task": "three_numbers", "bias": True},
        {"cell": "gru", "task": "comparison"},
        {"task": "parity", "max_iterations": 500},
        {"task": "subtraction", "activation": "relu", "loss": "cross_entropy", "learning_rate": 0.5},
    ],
)
def test_no_english_is_left_of_other_networks_and_ends(visit: Open, api: Api, config: dict[str, Any]) -> None:
    api("POST", "/api/runs/main/reset", {"config": config})
    api("POST", "/api/runs/main/step", {"iterations": 500})
    page = opened(visit, "zh", reduced_motion="reduce")
    expect(page.locator("#cases .cases-cell").first).to_be_visible()
    page.locator("#stage-scroll tr[data-name=hidden] td").last.hover()
    assert left_over(page) == []


def test_no_english_is_left_on_the_other_pages(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 500})
    made = api("POST", "/api/runs", {"name": "Mine", "config": {"optimizer": "momentum", "batch_size": 4}})["id"]
    try:
        page = opened(visit, "zh", f"/compare?runs=main,{made},nobody")
        expect(page.locator("tr[data-field=iteration] td").nth(0)).to_have_text("500")
        page.get_by_label("显示全部字段").check()
        assert left_over(page) == []
        page = opened(visit, "zh", "/runs")
        expect(page.locator(".card")).to_have_count(2)
        page.locator(".card", has_text="Mine").get_by_text("比较").click()
        page.locator("#find").fill("nobody")
        expect(page.locator("#none")).to_be_visible()
        page.locator("#find").fill("")
        assert left_over(page) == []
        assert left_over(opened(visit, "zh", "/runs/nobody")) == []
        assert left_over(opened(visit, "zh", "/?embed=1")) == []
    finally:
        api("DELETE", f"/api/runs/{made}")


def test_no_simplified_character_is_left_in_traditional_chinese(visit: Open, api: Api) -> None:
    api("POST", "/api/runs/main/step", {"iterations": 500})
    for path in ("/", "/runs", "/compare"):
        page = opened(visit, "zh-Hant", path, reduced_motion="reduce")
        expect(page.get_by_text("主執行" if path != "/" else "目前學會的情形").first).to_be_visible()
        page.locator(".language", has_text="简体").evaluate("(link) => link.remove()")
        if path == "/":
            expect(page.locator("#cases .cases-cell")).to_have_count(8)
            page.keyboard.press("d")
            expect(page.locator("#message")).to_be_visible()
            button(page, "設定").click()
            button(page, "分享").click()
        said = "".join(page.evaluate(WORDS))
        assert re.search("[\u4e00-\u9fff]{3}", said)
        assert simplified_only(said) == set()
        assert left_over(page) == []


@languages
def test_the_choice_of_languages_fits_beside_the_others_on_a_phone(visit: Open, language: str) -> None:
    for path in ("/", "/runs", "/compare", "/sweeps"):
        page = opened(visit, language, path, viewport={"width": 360, "height": 800}, color_scheme="light")
        choices = page.locator(".language")
        expect(choices).to_have_count(len(LANGUAGES) - 1)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == 360
            boxes = [box for link in [*choices.all(), page.locator("#theme")] if (box := link.bounding_box())]
            middles = [box["y"] + box["height"] / 2 for box in boxes]
            assert max(middles) - min(middles) < 3, "in one line"
            head = page.locator(".head").bounding_box()
            assert head is not None
            assert head["height"] < 110
