"""Documents as passages: headings, pages and paragraphs of every kind of document, and what is left out of them."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.made.answers import pairs_of
from engine.data.made.kinds import QUESTION
from engine.data.passages.blocks import TextBlock, cleaned
from engine.data.passages.html_blocks import html_blocks, read_html
from engine.data.passages.markdown_blocks import markdown_blocks, text_blocks
from engine.data.passages.pdf_blocks import pdf_blocks, unwrapped, without_running_heads
from engine.data.passages.reading import kind_of_document
from engine.data.passages.splitting import split
from engine.data.passages.subtitle_blocks import subtitle_blocks
from engine.data.passages.word_blocks import word_blocks


def said(blocks: Any) -> list[tuple[int, str]]:
    return [(block.level, block.text) for block in cleaned(blocks)]


def test_markdown_has_headings_of_both_kinds_and_none_in_code() -> None:
    text = "---\ntitle: x\n---\n# One #\nFirst.\n\n```sh\n# no heading\n```\nTwo\n===\nSecond.\n\n- a\n---\n#hash\n<!-- # no -->\n"
    assert said(markdown_blocks(text)) == [
        (1, "One"), (0, "First."), (0, "```sh\n# no heading\n```"), (1, "Two"), (0, "Second."), (2, "- a"), (0, "#hash"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("Opening hours\n\nWe open at nine and close at six every day.\n\nEnd.", ["Opening hours"]),
        ("第一章 开始\n\n很久以前，山上有一座庙。", ["第一章 开始"]),
        ("Chapter 3: How it all began and went on for a very long time, much longer than a line\n\nOnce.", ["Chapter 3: How it all began and went on for a very long time, much longer than a line"]),
        ("A sentence that ends.\n\nAnother one that is longer than it.", []),
        ("Last words", []),
        ("- a point\n\nA longer paragraph below the point.", []),
    ],
)  # fmt: skip
def test_a_line_alone_without_an_end_is_a_heading_of_a_plain_text(text: str, headings: list[str]) -> None:
    assert [block.text for block in text_blocks(text) if block.level] == headings


SRT = "1\n00:00:01,000 --> 00:00:03,000\n<i>Hello there,</i>\n\n2\n00:00:03,100 --> 00:00:05,000\nwe begin.\n3\n00:00:15,000 --> 00:00:16,000\n{\\an8}Room 12.\n\n4\n00:00:16,100 --> 00:00:17,000\nRoom 12.\nGoes on\n"
VTT = "WEBVTT - title\n\nNOTE\na note\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Bob>你好，\n\n00:02.000 --> 00:03.000\n世界 &amp; 你。\n"


def test_subtitles_keep_what_was_said_and_drop_numbers_times_and_marks() -> None:
    assert said(subtitle_blocks(SRT)) == [(0, "Hello there, we begin."), (0, "Room 12. Goes on")]
    assert said(subtitle_blocks(VTT)) == [(0, "你好，世界 & 你。")]
    assert said(subtitle_blocks(SRT.replace("\n", "\r\n"))) == said(subtitle_blocks(SRT))


PAGE = """<!DOCTYPE html><html><head><title>t</title><style>p{}</style></head><body><nav><a>Home</a></nav>
<header><a>Logo</a></header><form><h1>Title <b>one</b></h1><p>First <a href=x>para</a>.<br>Line two</p>
<ul><li><p>one</p></li><li>two <!-- no --> more</li></ul><table><tr><td>a</td><td><div>b</div></td></tr><tr><td>c</td><td>d</td></tr></table>
<script>evil()</script><p style="display: none">hidden</p><p hidden>hidden</p>tail text<pre>x  =  1
y</pre></form><aside>Ads</aside><footer>Foot</footer></body></html>"""


def test_html_keeps_the_prose_and_drops_scripts_navigation_and_what_is_hidden() -> None:
    assert said(html_blocks(PAGE)) == [
        (1, "Title one"), (0, "First para.\nLine two"), (0, "- one\n- two more"), (0, "a\tb\nc\td"), (0, "tail text"), (0, "x  =  1\ny"),
    ]  # fmt: skip
    main = "<body><div>Menu of the site</div><main><h2>Real</h2><p>" + "word " * 30 + "</p></main></body>"
    assert said(html_blocks(main))[0] == (2, "Real")
    deep = "<div>" * 1500 + "<p>deep</p>" + "</div>" * 1500
    assert said(html_blocks(deep)) == [(0, "deep")]
    with pytest.raises(Fault, match=r"making\.damaged"):  # rather than without a part of it
        list(html_blocks("<p>first</p>" + "<div>" * 5000 + "<p>deep</p>"))
    long = "x" * 10_500_000
    assert sum(len(block.text) for block in html_blocks(f"<p>{long}</p>")) == len(long)


def test_html_is_read_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes('<meta charset="gbk"><p>你好，世界，这里是中文网页。</p>'.encode("gbk"))
    assert said(html_blocks(read_html(page))) == [(0, "你好，世界，这里是中文网页。")]


def test_word_headings_are_those_of_its_styles(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading("Guide", 0)
    document.add_heading("Hours", 2)
    document.add_paragraph("We open at nine.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Monday", "9"
    document.save(str(tmp_path / "a.docx"))
    assert said(word_blocks(tmp_path / "a.docx")) == [
        (1, "Guide"),
        (2, "Hours"),
        (0, "We open at nine."),
        (0, "Monday\t9"),
    ]
    assert kind_of_document(tmp_path / "a.docx", "named.txt") == "docx"


def pdf_of(pages: list[list[str]]) -> bytes:
    """A plain PDF: lines of text on pages."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
        stream = f"BT /F1 12 Tf 50 700 Td {shown}ET".encode()
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % len(objects)
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table, len(objects) + 1, start))  # fmt: skip
    return out.getvalue()


def test_pdf_passages_name_their_page_and_running_heads_are_dropped(tmp_path: Path) -> None:
    pages = [["Manual of lamps", f"The {word} lamp is sold in", "our shop every day.", f"Page {at}"] for at, word in enumerate(("red", "blue", "green", "white"), 1)]  # fmt: skip
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(pages))
    blocks, count, lost = pdf_blocks(path)
    assert (count, lost) == (4, [])
    assert [(block.page, block.text) for block in blocks][1] == (2, "The blue lamp is sold in our shop every day.")
    found = list(split(blocks, "a.pdf", 60))
    assert [(one.page, one.text) for one in found][3] == (4, "The white lamp is sold in our shop every day.")
    assert kind_of_document(path, "x") == "pdf"
    assert without_running_heads([["a"], ["a"]]) == [["a"], ["a"]]
    assert (
        unwrapped("an exam-\nple of\nlines\nThat end.\n\n中文的\n句子")
        == "an example of lines\nThat end.\n\n中文的句子"
    )


def test_passages_end_at_headings_and_keep_to_their_length() -> None:
    blocks = [TextBlock("Top", 1), TextBlock("A" * 45 + "."), TextBlock("Deep", 2), TextBlock("One two three four. " * 40, page=3), TextBlock("Next", 1), TextBlock("tiny"), TextBlock("中文的内容也够长了，可以提问的。")]  # fmt: skip
    found = list(split(blocks, "d.md", 300))
    assert {one.heading for one in found} == {"Top", "Top › Deep", "Next"}
    assert all(len(one.text) <= 300 for one in found)
    assert [one.page for one in found[:2]] == [None, 3]
    assert found[-1].text == "tiny\n\n中文的内容也够长了，可以提问的。"
    whole = " ".join(one.text for one in found if one.heading == "Top › Deep")
    assert whole.split() == ("One two three four. " * 40).split()
    assert all(len(one.text) <= 400 for one in split([TextBlock("x" * 9000)], "d", 400))


@pytest.mark.parametrize(("name", "content", "kind"), [
    ("a.vtt", VTT, "subtitles"), ("b.txt", SRT, "subtitles"), ("c.txt", PAGE, "html"), ("d.md", "# A\n\ntext", "md"), ("e", "plain words", "txt"),
    ("f.pdf", "no pdf at all", "txt"),
])  # fmt: skip
def test_the_content_tells_the_kind_of_a_document(tmp_path: Path, name: str, content: str, kind: str) -> None:
    (tmp_path / "x").write_text(content)
    assert kind_of_document(tmp_path / "x", name) == kind


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx"])
def test_tables_are_no_documents(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("a,b\n1,2\n")
    with pytest.raises(Fault, match=r"making\.no_document"):
        kind_of_document(tmp_path / "x", name)


@pytest.mark.parametrize(
    "text",
    ["<!--" * 50_000, "# a" + " " * 200_000 + "b", "a\n" + "=" * 200_000 + "x", "`" * 200_000, "- " * 100_000, "---\n" * 10_000, "<" * 200_000, "1" * 200_000],
    ids=["comments", "spaces", "underline", "fence", "list", "rules", "tags", "digits"],
)  # fmt: skip
def test_a_long_text_without_an_end_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    for read in (markdown_blocks, text_blocks, subtitle_blocks, html_blocks):
        with contextlib.suppress(Fault):
            for _passage in split(cleaned(read(text)), "d", 300):
                pass
    list(subtitle_blocks("00:00:01,000 --> 00:00:02,000\n" + text))
    pairs_of(QUESTION, "Question: a\n" + text + "\nAnswer: b")
    pairs_of(QUESTION, "Question" + text)
    assert time.process_time() - began < 5
