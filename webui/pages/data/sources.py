"""The Data page: bring more than one file: pasted text, a typed table, a data set from a hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.services.app import drafts
from engine.services.data import sources, sources_hub, taking_in
from engine.services.jobs import lifecycle
from engine.shapes.data import HubFetch, JobStarted, ReadingWish, UploadReading
from webui import browser
from webui.draft_shapes import SHEET, SheetDraft, in_shape
from webui.pages.data.shapes import OpenedSheet
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def paste_data(text: str, name: str) -> int:
        return sources.add_text(ctx, text, name)

    def sheet_draft() -> OpenedSheet:
        opened = drafts.open_draft(ctx, SHEET, lambda kept: in_shape(SHEET, kept) if kept else None, browser.here())
        return {"sheet": opened.form, "warnings": opened.warnings}

    def keep_sheet(sheet: SheetDraft | None) -> None:
        if sheet is None:
            drafts.clear_draft(ctx, SHEET, browser.here())
        else:
            drafts.save_draft(ctx, SHEET, sheet, browser.here())

    def type_data(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> int:
        made = sources.add_table(ctx, columns, rows, name)
        drafts.clear_draft(ctx, SHEET, browser.here())
        return made

    def fetch_data(name: str, split: str, folder: str) -> JobStarted:
        return sources_hub.add_from_hub(ctx, name, split, folder)

    def fetch_state(job: int) -> HubFetch:
        return sources_hub.hub_state(ctx, job)

    def fetches() -> list[HubFetch]:
        return sources_hub.hub_fetches(ctx)

    def stop_fetch(job: int) -> None:
        lifecycle.cancel_job(ctx, job)

    def reading_state(job: int) -> UploadReading:
        return taking_in.reading_state(ctx, job)

    def readings() -> list[UploadReading]:
        return taking_in.readings(ctx)

    def choose_reading(dataset: int, options: ReadingWish) -> None:
        sources.choose_reading(ctx, dataset, options)

    def choose_encoding(dataset: int, encoding: str) -> None:
        sources.choose_encoding(ctx, dataset, encoding)

    fetching: list[Callable[..., Any]] = [fetch_data, fetch_state, fetches, stop_fetch]
    reading: list[Callable[..., Any]] = [reading_state, readings, choose_reading, choose_encoding]
    return [paste_data, sheet_draft, keep_sheet, type_data, *fetching, *reading]
