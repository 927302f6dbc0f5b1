"""The Data page: what a data set is like, in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.data import report as data_report
from engine.shapes.reports import DataReport, TemplateReport, TokenReport
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls. Reports are made in slices: a page asks again while they are "working"."""
    ctx = site.ctx

    def report(dataset: int) -> DataReport:
        return data_report.report(ctx, dataset)

    def report_tokens(dataset: int, model: int) -> TokenReport:
        return data_report.token_report(ctx, dataset, model)

    def report_template(dataset: int, model: int) -> TemplateReport:
        return data_report.template_report(ctx, dataset, model)

    return [report, report_tokens, report_template]
