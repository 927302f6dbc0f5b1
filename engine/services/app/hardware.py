"""What the Hardware section says of this machine."""

from __future__ import annotations

from engine.core.context import Context
from engine.services.app import hardware_findings
from engine.shapes.app import FindingView


def findings(ctx: Context) -> list[FindingView]:
    """{area, level, code, params} in the order of areas. Texts are at `hardware.<code>` and `hardware.<code>.means`.

    `level` is "good", "note" or "off"; areas are "gpu", "cpu", "memory", "disk" and "software".
    """
    found = hardware_findings.findings(hardware_findings.look(ctx.settings.home))
    return [finding.as_dict() for finding in found]
