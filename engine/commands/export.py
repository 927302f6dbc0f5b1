"""`export`: write a tuned model to a folder."""

from __future__ import annotations

import argparse
import shutil

from engine.commands.console import Console
from engine.commands.given_settings import read_settings
from engine.commands.train import watch
from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.models import tuned


def export(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Run the export as a job and unpack what it made. Raises Fault, SpecError or NotFound."""
    job_id = tuned.start_export(ctx, args.tuned, args.form, dict(read_settings(args.set)))
    if code := watch(console, ctx, job_id):
        return code
    file, name = tuned.export_file(ctx, job_id)
    folder = args.to.expanduser() / name.removesuffix(".zip")  # the one folder that the archive holds
    if folder.exists():
        raise Fault("cli.folder_exists", folder=str(folder))
    shutil.unpack_archive(file, args.to.expanduser(), "zip")
    console.say("cli.export.done", folder=folder)
    return 0
