"""Makes the Traditional Chinese catalogues, app/locales/zh_Hant, from the Simplified ones beside them.

OpenCC converts the characters, and the words that are different in Taiwan. `WORDS` corrects what it can't know. The
result is not committed: translate in zh. scripts/catalogues.py calls this.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from opencc import OpenCC

LOCALES = Path(__file__).parent.parent / "app" / "locales"
SIMPLIFIED, TRADITIONAL = "zh", "zh_Hant"
DOMAINS = ("server", "page")

WORDS = {
    "“": "「",
    "”": "」",
    # What OpenCC gets wrong: it sees a word across the border of two others, or takes the wrong one of two meanings.
    "一個數組": "一個陣列",
    "最多隻": "最多只",
    "最大隻": "最大只",
    "運行": "執行",
    "該運行": "該執行",
    "啟用函式": "激勵函數",
    "啟用修補": "激勵修補",
    "函式": "函數",
    "迴圈": "循環",
    "型別": "類型",
    "二進位制": "二進位",
    # Words that are different in Taiwan.
    "{n} 位": "{n} 位元",
    "{width} 位": "{width} 位元",
    "{bits} 位": "{bits} 位元",
    "(位 ": "(位元 ",
    "位數": "位元數",
    "逐位": "逐位元",
    "各位互": "各位元互",
    "這一位": "這一位元",
    "錯誤的位在": "錯誤的位元在",
    "所有位都": "所有位元都",
    "讀錯了這些位": "讀錯了這些位元",
    "輸入的位決定": "輸入的位元決定",
    "下一位": "下一位元",
    "最高位": "最高位元",
    "Host 頭": "Host 標頭",
    "偏置": "偏差",
    "異或": "互斥或",
    "最優結果": "最佳結果",
    "配置": "組態",
    "示例": "範例",
    "演示": "示範",
    "重置": "重設",
    "單擊": "點一下",
    "拖動": "拖曳",
    "空格": "空白鍵",
    "按回車鍵": "按 Enter 鍵",
    "命令": "指令",
    "文本": "文字",
    "請求正文": "請求本文",
    "響應": "回應",
    "返回": "傳回",
    "獲取": "取得",
    "超時": "逾時",
    "隨機數生成器": "亂數產生器",
    "隨機數": "亂數",
    "訪問": "存取",
    "客戶端": "用戶端",
    "斷開": "中斷",
}
"""OpenCC's words, and the words of a teacher in Taiwan, in this order. docs/languages.md lists the terms."""

HEADER = "# Traditional Chinese, made from Simplified Chinese by scripts/traditional.py: do not edit."


def traditional(text: str, converter: OpenCC) -> str:
    """A text in Traditional Chinese; names in braces and markup stay as they are."""
    said = converter.convert(text)
    for word, better in WORDS.items():
        said = said.replace(word, better)
    return said


def converted(simplified: Catalog, converter: OpenCC) -> Catalog:
    """The catalogue of the same texts in Traditional Chinese."""
    made = Catalog(TRADITIONAL, header_comment=HEADER, fuzzy=False, creation_date=simplified.creation_date)
    for message in simplified:
        if not message.id:
            continue
        if isinstance(message.string, str):
            said: str | tuple[str, ...] = traditional(message.string, converter)
        else:
            said = tuple(traditional(form, converter) for form in message.string or ())
        made.add(message.id, said, message.locations, message.flags)
    return made


def write(locales: Path = LOCALES) -> None:
    """Make the catalogues in a folder of catalogues."""
    converter = OpenCC("s2twp")
    (locales / TRADITIONAL).mkdir(exist_ok=True)
    for domain in DOMAINS:
        with (locales / SIMPLIFIED / f"{domain}.po").open("rb") as file:
            made = converted(read_po(file), converter)
        place = locales / TRADITIONAL / f"{domain}.po"
        with place.open("wb") as file:
            write_po(file, made, width=0, omit_header=False, include_lineno=False)
