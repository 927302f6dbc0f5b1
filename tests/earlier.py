"""The home folder of the commit before, for tests: opened, with the numbers of what is in it. See earlier_home/README.md."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from engine.core.context import Context, open_context
from engine.core.settings import Settings

ARCHIVE = Path(__file__).parent / "earlier_home" / "home.zip"
WORDS, PAIRS, NOTES, TABLE = 1, 2, 3, 4  # data sets
LESSON, STOPPED, FAILED, ADAPTER_ZIP, MERGED_ZIP, EXPORTED = 2, 5, 6, 16, 17, 18  # jobs
STYLE, LAST_LAYER, PLAIN_TEXT, EXAMPLES = 1, 4, 5, 8  # tuned models: the one of LESSON, by freeze, IA3 and few-shot
TALK = 1  # conversation
ASKED = "What is the colour of the lantern?"
MEASURED = {
    "name": "Probe", "base_model": 1, "dataset": WORDS, "method": "lora", "method_params": {"rank": 2},
    "training": {"batch_size": 4, "evaluations": 1, "max_length": 128}, "budget": {"device": "cpu"},
}  # fmt: skip
# Every function with which a page loads what it shows, with the arguments of its calls.
LOADS: dict[str, list[list[Any]]] = {
    "overview": [[]], "machine": [[]], "open_lesson": [[]],
    "all_datasets": [[]], "one_dataset": [[1], [2], [3], [4]], "import_state": [[1], [4]], "models": [[]],
    "sheet_draft": [[]], "fetches": [[]], "report": [[1], [2], [3]], "report_tokens": [[1, 1]],
    "report_template": [[1, 1]], "data_fits": [[]], "data_fit": [[1, 1], [2, None], [3, 1]], "wizard_fits": [[1, "sft"]], "compare_fit": [[1, 2]],
    "browse_rows": [[1, {}, 0, 10], [1, {"check": "exact_duplicates"}, 0, 10]],
    "row_filters": [[1], [2]], "column_values": [[1, "shelf"]], "one_row": [[1, 0]], "tokens_of_rows": [[1, [0, 1], 1]],
    "measure_tokens": [[1, 1]], "rejected_list": [[1, 0]], "rejected_fields": [[1, 2]], "audit_checks": [[]],
    "audit_state": [[1], [2]], "audit_found": [[1, "exact_duplicates", 0]], "audit_marks": [[]], "shape_now": [[1, None]],
    "make_form": [[]], "make_jobs": [[]], "make_waiting": [[]], "rewrite_form": [[]], "rewrite_state": [[1]], "operations": [[1], [2], [3]], "all_versions": [[1], [2]],
    "version_job": [[3]], "compare_versions": [[1, 1, 5, "changed", 0]], "export_form": [[1], [2]], "export_state": [[18]],
    "rank_form": [[]], "rank_drawings": [[]], "rank_drawing": [[None]], "rank_next": [[None, "n"]], "rank_outcome": [[None]], "chat_votes": [[1, "n"]],
    "review_count": [[]], "review_queue": [["all", 0, None], ["waiting", 0, 1]],
    "load_wizard": [[{}], [{"from_job": "2"}], [{"from_job": "21"}], [{"dataset": "1", "method": "ia3"}]], "lists": [[]],
    "peek": [[1], [3]], "plan_now": [[MEASURED]], "offers_now": [[MEASURED]], "method_costs": [[MEASURED, {}]],
    "check_of": [[MEASURED]], "probe_of": [[MEASURED]], "show_tokens": [[MEASURED]], "write_yaml": [[MEASURED]],
    "jobs_now": [[{}]], "jobs_ended": [[{}], [{"text": "a", "state": "succeeded"}]], "jobs_more": [[{}, 4e9, 1000]], "models_more": [[1000]],
    "jobs_facets": [[]], "job_feed": [[number, {}] for number in range(1, 22) if number != 20],
    "job_settings": [[number] for number in (2, 5, 8, 9, 13, 15, 21)],
    "chat_start": [[]], "chat_list": [[]], "chat_view": [[1], [2]], "chat_feed": [[1, 0]], "chat_versions": [[1]], "prompt_list": [[]],
    "chat_exact": [[1, 1, "base"]], "chat_words": [[1, 1]],
    "arena_results": [[None], [1]], "arena_rows": [[1]], "arena_questions": [[["tuned:1"]]], "arena_csv": [[None], [1]], "model_votes": [[1], [8]],
    "chat_suggestions": [[1], [None]], "save_row_targets": [[]],
    "models_list": [[]], "model_view": [[number] for number in range(1, 9)], "model_exports": [[number] for number in range(1, 9)],
    "export_proof": [[16, 0], [17, 0]], "model_destinations": [[number] for number in range(1, 9)],
    "compare_start": [[{}]], "compare_list": [[]], "compare_view": [[1]], "compare_curves": [[1]],
    "compare_answers": [[1]], "compare_export": [[1, "csv"], [1, "markdown"]],
    "learn_start": [["1"]], "learn_advise": [["1", 8.0, 40, "format"]], "disk_use": [[]], "limits": [[]],
    "rewards_form": [[]], "recipe_forms": [[]], "keys_start": [[]], "merge_form": [[]], "chat_outside": [[]],
    "model_serving": [[number] for number in range(1, 9)], "push_offer": [[16, 0], [17, 0]],
}  # fmt: skip


def opened(home: Path) -> Context:
    """The earlier home, unpacked and opened as the program does at its start."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(home)
    return open_context(Settings(home=home, offline=True), upgrade=True)
