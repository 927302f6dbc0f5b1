"""What the Hardware section says of this machine."""

from __future__ import annotations

from dataclasses import replace

from engine.core.context import Context
from engine.services.app import hardware_findings
from engine.services.planning.reserve import reserved
from engine.shapes.app import FindingView


def findings(ctx: Context) -> list[FindingView]:
    """{area, level, code, params} in the order of areas. Texts are at `hardware.<code>` and `hardware.<code>.means`.

    `level` is "good", "note" or "off"; areas are "gpu", "cpu", "memory", "disk" and "software".
    """
    machine = hardware_findings.look(ctx.settings.home)
    with ctx.db.read() as s:
        gpus = tuple(reserved(s, gpu) for gpu in machine.gpus)
        machine = replace(machine, processor=reserved(s, machine.processor), gpus=gpus)
    found = hardware_findings.findings(machine)
    return [finding.as_dict() for finding in found]
