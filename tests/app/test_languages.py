"""English and both kinds of Chinese: the catalogues are complete, and everybody gets the right language."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from opencc import OpenCC
from starlette.requests import HTTPConnection

from app import languages
from app.built import FOLDER
from app.languages import APART, LANGUAGES, LOCALES, TAGS, asked_for, catalogue, folder_of, preferred, say, speaking
from app.paths import STATIC
from app.routes.pages import page_words
from app.routes.stream import MAX_REASON, short
from rnn_core.text import Joined, Text, in_a_row, listed
from tests.app.serving import ROOT, Server, check_problem, run_server
from tests.app.wire import watch
from tests.patience import PATIENCE

ENGINE = "numpy"

OTHERS = ["zh", "zh-Hant"]
DOMAINS = ["server", "page"]
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
TAIWAN = {"Accept-Language": "zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7"}

PLACEHOLDER = re.compile(r"{\w*}|%\(\w+\)s|<[^>]+>")
"""Values, and the elements of a page that a text may hold."""

SCRIPT_TEXT = re.compile(r'\b(?:say|ngettext)\(\s*"([^"]*)"')


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def forms(message: Message) -> list[str]:
    return list(message.id) if message.pluralizable else [str(message.id)]


def texts(catalog: Catalog) -> set[str]:
    return {forms(message)[0] for message in catalog if message.id}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogues that `scripts/messages` makes from the committed ones."""
    folder = tmp_path_factory.mktemp("locales")
    shutil.copytree(LOCALES, folder, dirs_exist_ok=True)
    subprocess.run([ROOT / "scripts" / "messages", folder], check=True)
    return folder


# The catalogues


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_text_of_the_code_and_no_other(extracted: Path, language: str, domain: str) -> None:
    name = f"{folder_of(language).name}/{domain}.po"
    kept, wanted = (texts(read(folder / name)) for folder in (LOCALES, extracted))
    assert kept - wanted == set(), "unused: run scripts/messages"
    assert wanted - kept == set(), "missing: run scripts/messages, and translate what it adds"
    assert len(wanted) > 100


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_all_its_values(language: str, domain: str) -> None:
    catalog = read(folder_of(language) / f"{domain}.po")
    for message in catalog:
        if not message.id:
            continue
        said = list(message.string or ()) if message.pluralizable else [str(message.string)]
        assert all(said), f"untranslated: {message.id}"
        assert not message.fuzzy, f"to be looked at: {message.id}"
        assert len(said) == (catalog.num_plurals if message.pluralizable else 1), message.id
        for one in said:
            assert sorted(PLACEHOLDER.findall(one)) == sorted(PLACEHOLDER.findall(forms(message)[-1])), one


def test_no_text_of_the_scripts_escapes_the_catalogue() -> None:
    """What the extraction does not see within another call, say."""
    known = texts(read(LOCALES / "zh" / "page.po"))
    for script in (ROOT / "app" / "static").rglob("*.js"):
        if not {"built", "vendor"} & set(script.parts):
            code = re.sub(
                r"/\*.*?\*/|^\s*//.*$", "", script.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
            )
            assert set(SCRIPT_TEXT.findall(code)) <= known, script.name


def test_scripts_put_no_space_between_sentences_by_themselves() -> None:
    """Chinese has none: `inARow` knows."""
    joined = [
        line.strip()
        for script in (ROOT / "app" / "static").rglob("*.js")
        if not {"built", "vendor"} & set(script.parts)
        for line in script.read_text(encoding="utf-8").splitlines()
        if '.join(" ")' in line
    ]
    assert len(joined) == 1, joined
    assert "probabilities" in joined[0]


def test_every_language_has_a_tag_and_a_folder() -> None:
    assert list(TAGS) == list(LANGUAGES) == ["en", *OTHERS], "Traditional Chinese is missing: run scripts/setup"
    assert {folder.name for folder in LOCALES.iterdir()} == {folder_of(language).name for language in OTHERS}


@pytest.mark.parametrize(
    "words",
    [
        "终于|未来|总答|二分之一|指向|时间向右|建为新的",
        "停住",  # 定格
        "点击",  # 按 a button, 单击 what is drawn
        "访问者",
        "各种情形",  # what follows it says 种情形, too
        "(?<!随机)种子",
        "^{name} (在|的这些)|，{name} 收到|重现 {name}",  # names of runs stand in quotes
    ],
)
def test_chinese_keeps_to_its_terms(words: str) -> None:
    """Those of docs/languages.md: what another word has taken the place of is nowhere."""
    for text in in_all("zh"):
        assert not re.search(words, text), text


# Traditional Chinese


TO_TRADITIONAL = OpenCC("s2t")


def simplified_only(text: str) -> set[str]:
    """Characters of a text that Traditional Chinese does not have."""
    return {sign for sign in set(text) if TO_TRADITIONAL.convert(sign) != sign}


def in_all(language: str) -> list[str]:
    """All texts of a language."""
    found = [form for domain in DOMAINS for form in catalogue(language, domain).values()]
    return [text for form in found for text in ([form] if isinstance(form, str) else form)]


def test_traditional_chinese_has_no_character_that_only_simplified_chinese_has() -> None:
    assert len(simplified_only("".join(in_all("zh")))) > 100, "else this test could not fail"
    assert {"个", "误", "习"} <= simplified_only("个误习繁體")
    for text in in_all("zh-Hant"):
        assert simplified_only(text) == set(), text


def test_traditional_chinese_is_made_from_simplified_chinese_as_it_stands(extracted: Path) -> None:
    for domain in DOMAINS:
        kept, made = (
            {message.id: message.string for message in read(folder / "zh_Hant" / f"{domain}.po")}
            for folder in (LOCALES, extracted)
        )
        assert {k: v for k, v in kept.items() if k} == {k: v for k, v in made.items() if k}, "run scripts/setup"


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", OTHERS)
def test_the_server_reads_what_the_catalogues_say(language: str, domain: str) -> None:
    # Fails if a catalogue has changed since the build: run scripts/setup.
    written = read(folder_of(language) / f"{domain}.po")
    found = catalogue(language, domain)
    assert {forms(message)[0] for message in written if message.id and message.string} == set(found)
    for message in written:
        if message.id and message.string:
            said = list(message.string) if message.pluralizable else message.string
            assert found[forms(message)[0]] == said


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("Activation", "激勵函數"),
        ("Loss", "損失函數"),
        ("Exclusive or", "互斥或"),
        ("Bits", "位元數"),
        ("Batch size", "批次大小"),
        ("A recurrent network learns to add", "循環神經網路學習加法"),
        ("The server is shutting down.", "伺服器正在關閉。"),
        ("an array", "一個陣列"),
        ("“{name}” is deleted.", "已刪除「{name}」。"),
        (
            "Another visitor undid the reset: the run is at iteration {n} again.",
            "另一位訪客撤銷了重設：執行回到第 {n} 次迭代。",
        ),
    ],
)
def test_traditional_chinese_has_the_words_of_taiwan(english: str, said: str) -> None:
    assert {**catalogue("zh-Hant", "server"), **catalogue("zh-Hant", "page")}[english] == said


@pytest.mark.parametrize("words", ["[大多]隻", "運行", "存取者", "超時", "隨機數"])
def test_what_is_converted_wrongly_is_mended(words: str) -> None:
    for text in in_all("zh-Hant"):
        assert not re.search(words, text), text


def test_without_traditional_chinese_english_is_spoken_and_never_simplified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(languages.LANGUAGES, "zh-Hant")
    preferred.cache_clear()
    try:
        assert preferred("zh-TW,zh;q=0.9,en-US;q=0.8") == "en"
        assert preferred("zh-CN") == "zh"
    finally:
        preferred.cache_clear()


# Saying things


def test_texts_are_said_with_their_values_and_those_in_turn() -> None:
    inner = Text("a whole number from {low} to {high}", low=1, high=9)
    text = Text("must be {allowed}, not {value}", allowed=inner, value="running")
    with speaking("zh"):
        assert say(text) == "必须是从 1 到 9 的整数，而不是 running"
        assert say(Joined(Text("; "), [text, "as it is"])) == f"{say(text)}；as it is"
        assert say(listed(["a", "b"])) == "a、b"
        assert say(in_a_row([text, "As it is.", text])) == f"{say(text)}As it is.{say(text)}"
    assert say(text) == "must be a whole number from 1 to 9, not running"


def test_what_a_person_wrote_is_not_translated_whatever_it_says() -> None:
    with speaking("zh"):
        assert say(Text("{name} has been deleted.", name="Start")) == "“Start”已被删除。"


def test_what_has_no_translation_stays_as_it_is() -> None:
    with speaking("zh"):
        assert say("Nothing of ours.") == "Nothing of ours."
        assert say(Text("{x} {y} {z}", x=1, y=2, z=3)) == "1 2 3"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("zh-SG", "zh"),
        ("zh-Hans-HK", "zh"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-Hant"),
        ("zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("ZH-hant-tw", "zh-Hant"),
        ("zh_TW", "zh-Hant"),
        ("de,zh-TW;q=0.5", "zh-Hant"),
        ("en-GB,zh-TW;q=0.5", "en"),
        ("zh-TW;q=0.5,zh-CN", "zh"),
        ("zh-TW;q=0,fr", "en"),
        ("zhuang", "en"),
        ("zh;q=0,en", "en"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        ("zh;Q=0.5,de;q=1.000,en;q=0.4", "zh"),
        ("zh;q=nan,en;q=0.1", "en"),
        ("zh;q=-1,en;q=0.001", "en"),
        ("zh;q=1e3,zh-TW; q = 0.9", "zh-Hant"),
        ("zh; level=1", "en"),
        ("\x00;;q=q,,", "en"),
        ("z" * 5000, "en"),
    ],
)
def test_the_language_that_a_browser_prefers_is_spoken(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


@pytest.mark.parametrize(
    ("query", "cookie", "language"),
    [
        ("lang=zh", "", "zh"),
        ("lang=en", "language=zh", "en"),
        ("lang=fr", "language=zh", "zh"),
        ("lang=zh-Hant", "language=en", "zh-Hant"),
        ("lang=zh-tw", "", "zh-Hant"),
        ("", "language=zh-Hant", "zh-Hant"),
        ("", "language=fr", None),
    ],
)
def test_an_address_asks_before_what_was_chosen_earlier(query: str, cookie: str, language: str | None) -> None:
    headers = [(b"cookie", cookie.encode())]
    scope = {"type": "http", "query_string": query.encode(), "headers": headers}
    assert asked_for(HTTPConnection(scope)) == language


@pytest.mark.parametrize("reason", ["This run has been deleted.", "字" * 100, "a" * 200])
def test_a_reason_to_close_fits_into_its_frame(reason: str) -> None:
    with speaking("zh"):
        assert 0 < len(short(Text(reason)).encode()) <= MAX_REASON


# Pages


def test_a_page_is_in_the_language_of_the_browser(http: httpx2.Client) -> None:
    english, chinese = http.get("/"), http.get("/", headers=CHINESE)
    assert english.headers["content-language"] == "en"
    assert chinese.headers["content-language"] == "zh-Hans"
    assert '<html lang="zh-Hans"' in chinese.text
    assert ">开始</button>" in chinese.text
    assert ">Start</button>" in english.text
    assert "words" not in re.findall(r'<script[^>]*id="(\w+)"', english.text)
    for page in (english, chinese):
        assert {"Accept-Language", "Cookie"} <= set(page.headers["vary"].split(", "))
        assert "set-cookie" not in page.headers


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", APART)
def test_what_is_fetched_later_brings_its_own_texts(http: httpx2.Client, part: str, language: str) -> None:
    page = http.get("/", headers={"Accept-Language": language}).text
    found = re.search(r'<script type="application/json" id="words">(.*?)</script>', page)
    assert found
    first = json.loads(found[1])
    later = http.get(f"/api/words/{part}", headers={"Accept-Language": language}).json()
    assert later
    assert later == catalogue(language, part)
    assert not later.keys() & first.keys()
    assert later.items() <= catalogue(language, "page").items()
    assert http.get(f"/api/words/{part}", headers={"Accept-Language": "en"}).json() == {}
    assert http.get("/api/words/main").status_code == 422


def test_no_text_of_the_lab_is_missing_in_what_it_begins_with_and_what_comes_later() -> None:
    with speaking("zh"):
        first = page_words("lab")
    later = [text for part in APART for text in catalogue("zh", part)]
    missing = catalogue("zh", "page").keys() - {*first, *later, "presenter"}  # that is also the type of a message
    assert missing, "the texts of other pages"
    scripts = [
        file.read_text(encoding="utf-8")
        for name in ("main", "chunk", "lazy", *APART)
        for file in (STATIC / FOLDER).glob(f"{name}-*.js")
    ]
    assert len(scripts) > 4
    assert [text for text in missing if any(f'"{text}"' in script for script in scripts)] == []


def test_an_address_chooses_the_language_and_later_pages_keep_it(server: Server) -> None:
    with server.client() as browser:
        assert ">开始</button>" in browser.get("/?lang=zh").text
        assert ">运行列表</h1>" in browser.get("/runs").text
        assert "这里没有运行" in browser.get("/runs/nobody").text
        assert ">Runs</h1>" in browser.get("/runs?lang=en", headers=CHINESE).text
        assert ">Compare</h1>" in browser.get("/compare", headers=CHINESE).text
        assert ">Compare</h1>" in browser.get("/compare?lang=nonsense", headers=CHINESE).text
        assert ">執行列表</h1>" in browser.get("/runs?lang=zh-Hant").text
        assert ">開始</button>" in browser.get("/", headers=CHINESE).text


def test_a_page_in_traditional_chinese_has_no_simplified_character(http: httpx2.Client) -> None:
    for path in ("/", "/runs", "/compare", "/sweeps", "/runs/nobody"):
        page = http.get(path, headers=TAIWAN)
        assert page.headers["content-language"] == "zh-Hant"
        assert '<html lang="zh-Hant"' in page.text
        others = re.sub(r'<a [^>]*hreflang="zh-Hans".*?</a>', "", page.text)
        # What scripts say stands in the page as JSON, which has characters in ASCII.
        said = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), others)
        assert simplified_only(said) == set(), path
    assert http.get("/api/runs/nobody", headers=TAIWAN).json()["title"] == "未找到"


def test_a_page_leads_to_itself_in_the_other_languages(server: Server) -> None:
    page = httpx2.get(f"{server.url}/compare?runs=main,run-2&lang=zh", trust_env=False, timeout=PATIENCE).text
    assert '<a class="head-fact language nowrap" data-lang="en" href="?runs=main%2Crun-2&amp;lang=en" lang="en"' in page
    assert re.findall(r'data-lang="([\w-]+)".*?>(\w+)</a>', page) == [("en", "English"), ("zh-Hant", "繁體")]


def test_a_page_may_be_embedded_in_any_language_and_by_no_other_query() -> None:
    with run_server(engine="numpy", frame_ancestors='["https://blog.example"]') as server, server.client() as http:

        def policy(query: str) -> str:
            return str(http.get(f"/?{query}").headers["content-security-policy"])

        for query in (
            "embed=1",
            "embed=1&reset=1",
            "embed=1&reset=1&lang=zh",
            "embed=1&lang=zh",
            "lang=zh&embed=1",
            "embed=1&lang=zh-Hant",
        ):
            assert policy(query).endswith("frame-ancestors https://blog.example")
        for query in (
            "embed=1&embed=0",
            "embed=1&reset=0",
            "reset=1",
            "embed=1&reset=1&reset=1",
            "embed=1&lang=zh&lang=en",
            "lang=zh",
            "embed=1&x=1",
        ):
            assert policy(query).endswith("frame-ancestors 'none'")


# The API


FILE = {"Content-Type": "application/octet-stream"}

REFUSED: list[tuple[int, Callable[[httpx2.Client], httpx2.Response]]] = [
    (404, lambda http: http.get("/api/runs/nobody")),
    (404, lambda http: http.get("/nowhere")),
    (404, lambda http: http.get("/api/runs/main/iterations/99999999")),
    (404, lambda http: http.post("/api/runs/nobody/restore", json={})),
    (405, lambda http: http.put("/api/runs")),
    (409, lambda http: http.delete("/api/runs/main")),
    (409, lambda http: http.post("/api/runs/main/restore", json={})),
    (400, lambda http: http.post("/predict", content="{", headers={"Content-Type": "application/json"})),
    (413, lambda http: http.post("/predict", content="x" * 70_000, headers={"Content-Type": "application/json"})),
    (415, lambda http: http.post("/predict", content="a=1", headers={"Content-Type": "text/plain"})),
    (415, lambda http: http.post("/api/runs/import", json={})),
    (403, lambda http: http.post("/api/runs", json={}, headers={"Origin": "https://elsewhere.example"})),
    (421, lambda http: http.get("/", headers={"Host": "elsewhere.example"})),
    (422, lambda http: http.get("/predict?a=x&b=1")),
    (422, lambda http: http.get("/predict?a=1&a=2&b=1")),
    (422, lambda http: http.get("/predict?a=1")),
    (422, lambda http: http.get("/predict?a=1&b=1&c=1")),
    (422, lambda http: http.get("/predict?a=1&b=1&iteration=9999")),
    (422, lambda http: http.post("/predict", json=[])),
    (422, lambda http: http.post("/predict", json={"a": True, "b": 1e30, "other": {}})),
    (422, lambda http: http.post("/api/config", json={"config": {"bits": 1, "cell": "x", "bias": 1, "clip_norm": -1}})),
    (422, lambda http: http.post("/api/config", json={"config": {"task": "three_numbers", "bits": 2}})),
    (422, lambda http: http.post("/api/config", json={"config": {"cell": "gru", "activation": "tanh"}})),
    (422, lambda http: http.post("/api/config", json={"config": {"bits": 32, "hidden_size": 128, "batch_size": 9}})),
    (422, lambda http: http.post("/api/runs", json={"name": "\n", "config": {"nonsense": 1}, "speed": 0})),
    (422, lambda http: http.post("/api/runs", json={"from": {"run": "main", "iteration": 0}, "config": {"bits": 5}})),
    (422, lambda http: http.post("/api/runs", json={"from": {"run": "main"}})),
    (422, lambda http: http.post("/api/runs/main/step", json={"iterations": 0})),
    (422, lambda http: http.get("/api/runs/main/errors?start=5&stop=3")),
    (422, lambda http: http.get("/api/runs/main/errors?stop=20000")),
    (422, lambda http: http.get("/api/runs/main/iterations/x")),
    (
        422,
        lambda http: http.post("/api/runs/import", content="x", headers={"Content-Type": "application/octet-stream"}),
    ),
]

NAMES = re.findall(
    r"\S+",
    """
    rnn_adder_allowed_hosts
    a activation adam addition allow an api application array at b batch_size bias bits body c cell cells clip_norm
    column comparison config content content-type cross_entropy delete deserializing elman elsewhere.example eof
    error expected false float64 from get glorot gru head header headertoosmall hidden_size host http https id init is
    iteration iterations json known learning_rate line loss lstm main max_iterations momentum name nobody nonsense
    nowhere null number object octet-stream of optimizer origin other parity parsing patch plain points post put
    relu run runs safetensors seed sgd short sigmoid small speed squared_error start stop story string subtraction tanh
    task text three_numbers too trace true type uniform value while x xor
    """,
)
"""What is the same in every language: fields, values, what a program said that the server passes on."""


def english(text: str) -> list[str]:
    """The English words in a text, except names that are the same in every language."""
    words = re.findall(r"(?:config\.|from\.)?([A-Za-z][A-Za-z_'.-]+)", text)
    return [word for word in words if word.lower().strip(".") not in NAMES]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_every_refusal_is_said_in_chinese_and_names_the_same_fields(http: httpx2.Client, number: int) -> None:
    status, ask = REFUSED[number]
    plain = ask(http).json()
    http.headers.update(CHINESE)
    try:
        answer = ask(http)
    finally:
        del http.headers["Accept-Language"]
    assert answer.status_code == plain["status"] == status
    said = answer.json()
    assert said["title"] != plain["title"]
    assert said["detail"] != plain["detail"]
    assert said["detail"].endswith("。")
    assert re.search("[\u4e00-\u9fff]", said["detail"])
    pairs = list(zip(said.get("errors", []), plain.get("errors", []), strict=True))
    for error, before in pairs:
        assert error["field"] == before["field"]
        assert error["detail"] != before["detail"]
    assert english(f"{said['title']} {said['detail']}") == []
    assert english(plain["detail"]), "else this test could not fail"


def test_a_cookie_says_nothing_to_the_api(server: Server) -> None:
    """There the page that asks names its own language: two tabs may have two."""
    with server.client(cookies={"language": "zh"}) as browser:
        check_problem(browser.get("/api/runs/nobody"), 404)
        assert browser.get("/api/runs/nobody").json()["title"] == "Not Found"
        assert browser.get("/api/runs/nobody?lang=zh").json()["title"] == "Not Found"


def test_what_the_api_describes_is_said_in_chinese(http: httpx2.Client) -> None:
    options = http.get("/api/options", headers=CHINESE).json()
    task = http.get("/api/runs/main/task", headers=CHINESE).json()
    accuracy = http.get("/api/runs/main/accuracy", headers=CHINESE).json()
    assert {field["name"]: field["meaning"] for field in options["fields"]}["seed"] == "决定初始权重和所有题目。"
    assert all(english(field["meaning"]) == english(field["allowed"]) == [] for field in options["fields"])
    assert (task["title"], task["carried"], task["states"]) == ("加法", "进位", ["进位 0", "进位 1"])
    assert task["machine"][1] == ["进位 0", [0, 1], "进位 0", 1]
    assert [error["label"] for error in task["reference_errors"]] == ["始终输出 0.5", "从不进位的加法"]
    assert {case["state"] for case in accuracy["cases"]} == set(task["states"])
    again = http.get("/api/runs/main/accuracy").json()
    assert {case["state"] for case in again["cases"]} == {"carry 0", "carry 1"}


async def test_two_who_watch_one_run_are_each_told_in_their_language(
    server: Server, http: httpx2.Client, run: str
) -> None:
    url = server.stream_url.format(run)
    http.post(f"/api/runs/{run}/reset", json={"config": {"max_iterations": 2}})
    async with watch(url) as first, watch(f"{url}?lang=zh") as second, watch(url, additional_headers=CHINESE) as third:
        await first.send("step", iterations=5)
        details = [(await watcher.state("finished"))["detail"] for watcher in (first, second, third)]
        assert details == ["All 2 iterations are done.", "全部 2 次迭代均已完成。", "全部 2 次迭代均已完成。"]
        for watcher in (first, second):
            await watcher.send("start")
        assert (await first.problem())["title"] == "Conflict"
        problem = await second.problem()
        assert (problem["title"], problem["status"]) == ("状态冲突", 409)
        assert problem["detail"].endswith("”目前已完成，无法开始。全部 2 次迭代均已完成。请先重置。")
        http.delete(f"/api/runs/{run}")
        assert await second.closed() == 1008
        assert second.socket.close_reason == "该运行已被删除。"
        assert await first.closed() == 1008
        assert first.socket.close_reason == "This run has been deleted."


def test_why_a_run_stopped_is_said_in_any_language_after_a_restart(tmp_path: Path) -> None:
    for start in range(2):
        with run_server("--engine", "numpy", data_dir=str(tmp_path)) as server:
            with server.client() as http:
                if not start:
                    created = http.post("/api/runs", json={"config": {"max_iterations": 3}}, headers=CHINESE).json()
                    assert created["name"] == "运行 2"
                    http.post("/api/runs/run-2/step", json={"iterations": 3})
                assert http.get("/api/runs/run-2").json()["detail"] == "All 3 iterations are done."
                assert http.get("/api/runs/run-2", headers=CHINESE).json()["detail"] == "全部 3 次迭代均已完成。"
                listed = {run["id"]: run["detail"] for run in http.get("/api/runs", headers=CHINESE).json()}
                assert listed["run-2"] == "全部 3 次迭代均已完成。"
                listed = {run["id"]: run["detail"] for run in http.get("/api/runs").json()}
                assert listed["run-2"] == "All 3 iterations are done."
            assert server.end() == 0


def test_the_main_run_is_called_in_the_language_of_its_reader_until_it_has_another_name(tmp_path: Path) -> None:
    def names(http: httpx2.Client, headers: dict[str, str]) -> set[str]:
        """The name of a run in lists, in the run itself, in texts about it and on its page."""
        said = http.delete("/api/runs/main", headers=headers).json()["detail"]
        listed = {run["id"]: run["name"] for run in http.get("/api/runs", headers=headers).json()}["main"]
        title = re.findall("<title>(.*?) · ", http.get("/", headers=headers).text)[0]
        assert listed in said
        return {listed, http.get("/api/runs/main", headers=headers).json()["name"], title}

    for start in range(2):
        with run_server("--engine", "numpy", data_dir=str(tmp_path)) as server:
            with server.client() as http:
                if not start:
                    assert names(http, {}) == {"Main"}
                    # Its own name, in whatever language, is no other.
                    http.patch("/api/runs/main", json={"name": "主执行"}, headers=CHINESE)
                    assert names(http, CHINESE) == {"主执行"}
                    http.patch("/api/runs/main", json={"name": "主运行"}, headers=CHINESE)
                assert names(http, {}) == {"Main"}
                assert names(http, CHINESE) == {"主运行"}
                assert names(http, TAIWAN) == {"主執行"}
                other = http.post("/api/runs", json={"name": "Main"}, headers=CHINESE).json()
                assert other["name"] == "Main"
                assert http.get(f"/api/runs/{other['id']}", headers=CHINESE).json()["name"] == "Main"
            assert server.end() == 0
