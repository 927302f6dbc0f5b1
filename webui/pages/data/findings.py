"""The Data page: what an audit found and the repairs for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.data.quality import CHECKS
from engine.data.quality.base import Check
from engine.services.data.quality import auditing
from engine.services.models import base_models
from engine.shapes.audits import AuditView, AuditWish, FoundRows, SeverityCounts
from webui.form_shapes import FormChoice, ParamForm
from webui.forms import param_form
from webui.i18n import t
from webui.pages.data.shapes import CheckForm
from webui.site import Site

PAGE_FOUND = 8


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def audit_checks() -> list[CheckForm]:
        models = [
            (one["id"], one["name"])
            for one in base_models.list_base_models(ctx)
            if one["status"] in base_models.PLANNED
        ]
        return [_check(check, lang, models) for check in CHECKS]

    def audit_state(dataset: int) -> AuditView:
        return auditing.audit_of(ctx, dataset)

    def audit_start(dataset: int, settings: AuditWish | None) -> int:
        return auditing.start_audit(ctx, dataset, settings)

    def audit_stop(dataset: int) -> None:
        auditing.stop_audit(ctx, dataset)

    def audit_found(dataset: int, check: str, offset: int) -> FoundRows:
        return auditing.findings(ctx, dataset, check, offset, PAGE_FOUND)

    def audit_marks() -> dict[str, SeverityCounts]:
        return {str(number): found for number, found in auditing.marks(ctx).items()}

    return [audit_checks, audit_state, audit_start, audit_stop, audit_found, audit_marks]


def _check(check: Check, lang: str, models: list[tuple[int, str]]) -> CheckForm:
    """One check as the page shows it."""
    return {
        "key": check.key,
        "severity": check.severity,
        "label": check.label.in_(lang),
        "help": check.help.in_(lang),
        "found": check.found.in_(lang),
        "kinds": list(check.kinds),
        "params": [_param(check, at, lang, models) for at in range(len(check.params))],
        "fixes": [
            {"operation": fix.operation, "values": dict(fix.values), "label": fix.label.in_(lang)}
            for fix in check.fixes
        ],
    }


def _param(check: Check, at: int, lang: str, models: list[tuple[int, str]]) -> ParamForm:
    form = param_form(check.params[at], lang, check.key)
    if check.params[at].source == "model":
        none: FormChoice = {"value": None, "label": t(lang, "findings.no_model")}
        form["choices"] = [none]
        form["choices"] += [{"value": number, "label": name} for number, name in models]
    return form
