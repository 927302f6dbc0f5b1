"""The Train page as tests use it: a server with a tiny model, and the way to a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.core.context import Context
from tests.browser.conftest import Server, start_server
from tests.homes import new_home
from tests.tiny import add_dataset, add_model
from webui.train_draft import STEPS

Studio = tuple[Server, Context]
__all__ = ["STEPS", "Studio", "choose", "data_card", "open_wizard", "planned", "start_studio"]


@contextmanager
def start_studio(home: Path) -> Iterator[Studio]:
    """A server whose home holds a tiny model and a small data set, and the context of its home."""
    ctx = new_home(home)
    add_model(ctx)
    add_dataset(ctx)
    with start_server(home) as server:
        yield server, ctx
    ctx.db.close()


def open_wizard(tab: Any, path: str = "/en/train", fresh: bool = True) -> None:
    """Open the page; `fresh` starts over first."""
    tab.open(path)
    tab.page.wait_for_selector("#train-heading")
    if not fresh:
        return
    tab.page.click("#train-fresh")
    tab.page.click(".ts-dialog .primary")
    tab.page.wait_for_selector(".ts-dialog", state="detached")
    tab.page.wait_for_selector("#train-fresh:not([aria-busy])")  # else the answer would undo what a test does next
    tab.page.wait_for_selector("[data-step=model]")


def choose(page: Any, step: str = "review") -> None:
    """Choose the tiny model and its data, and go to a step; at the methods, LoRA is taken by hand."""
    page.click(".ts-choice:has-text('Tiny')")
    page.click("#train-next")
    page.click(data_card("Words"))
    page.click("#train-next")
    for name in STEPS[2 : STEPS.index(step)]:
        page.wait_for_selector(f"[data-step={name}]")
        page.click("#train-next")
    page.wait_for_selector(f"[data-step={step}]")
    if step == "method":
        page.click("#choice-lora")


def data_card(name: str) -> str:
    """The selector of a data set's card."""
    return f".ts-choice:has(b:text-is('{name}'))"


def planned(page: Any) -> None:
    """Wait until the estimate has numbers."""
    page.wait_for_selector(".estimate-bar i")
    page.wait_for_selector(".train-estimate:not(.stale)")
