"""Conversations as the page sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import cast

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.data.rows.row import conversation_of
from engine.models.presence import can_plan
from engine.planner.download import missing_bytes
from engine.services.chat.choosable import checkpoint_options
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import Side, find_conversation, setup_obstacle, setup_of
from engine.services.chat.stored.families import brief_text, under_roots, versions
from engine.serving.scored_texts import talks
from engine.shapes.chat import (
    ChatOptions,
    ChatSettings,
    ConversationBrief,
    ConversationView,
    MessageView,
    SideKind,
    SideView,
)
from storage.queries import base_models, conversations, tuned_models
from storage.queries.talks.branches import branch_prompts
from storage.tables import Dataset, Message

_SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
_LONGEST_SUGGESTION = 200  # characters


def options(ctx: Context) -> ChatOptions:
    """What can be compared: each base that is here or known with the tuned models made from it, the newest first."""
    with ctx.db.read() as s:
        tuned = [one for one in tuned_models.list_tuned(s) if talks(one)]
        checkpoints = checkpoint_options(s)
        return {
            "bases": [
                {
                    "id": base.id,
                    "name": base.name,
                    "missing_bytes": missing_bytes(base),
                    "tuned": [
                        {"id": t.id, "name": t.name, "method": t.method, "format": t.format, "created_at": t.created_at}
                        for t in tuned
                        if t.base_model_id == base.id
                    ],
                    "checkpoints": checkpoints.get(base.id, []),
                }
                for base in base_models.list_models(s)
                if can_plan(base)
            ]
        }


def conversation_list(ctx: Context, limit: int) -> list[ConversationBrief]:
    """Conversations with at least one prompt, the last used first."""
    with ctx.db.read() as s:
        rows = conversations.list_conversations(s, limit)
        names = base_models.model_names(s, {row.base_model_id for row in rows})
        turns = conversations.turn_counts(s, [row.id for row in rows])
        by_id, prompts = {row.id: row for row in rows}, branch_prompts(s, [row.id for row in rows])
        order = under_roots(s, [row.id for row in rows])
        return [
            {
                "id": row.id,
                "title": row.title,
                "base_model_id": row.base_model_id,
                "base_name": names.get(row.base_model_id, ""),
                "tuned_ids": row.tuned_ids,
                "turns": turns.get(row.id, 0),
                "created_at": row.created_at,
                "updated_at": row.updated_at,
                "root": root,
                "branch_turn": row.parent_turn,
                "branch_prompt": brief_text(prompts.get(row.id, "")),
            }
            for row, root in ((by_id[one], root) for one, root in order.items())
        ]


def conversation_view(ctx: Context, conversation_id: int) -> ConversationView:
    """One conversation with all messages. `read_only` says why it cannot go on, as an error's code and params. Raises NotFound."""
    with ctx.db.read() as s:
        row = find_conversation(s, conversation_id)
        setup = setup_of(s, row)
        fault = setup_obstacle(ctx.settings, setup)
        return {
            "id": row.id,
            "title": row.title,
            "base_model_id": row.base_model_id,
            "base_name": setup.base.name,
            "tuned_ids": row.tuned_ids,
            "sides": [side_view(side) for side in setup.sides],
            "settings": cast(ChatSettings, read_chat_settings(row.settings)),
            "read_only": fault.as_dict() if fault else None,
            "messages": [_message(message) for message in conversations.messages_of(s, conversation_id)],
            "versions": versions(s, conversation_id),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }


def side_view(side: Side) -> SideView:
    """A side as pages see it."""
    return {
        "side": side.side,
        "label": side.label,
        "kind": cast(SideKind, side.kind),
        "weights_hash": side.weights_hash,
        "base": side.base,
        "step": side.step,
    }


def _message(message: Message) -> MessageView:
    told = {
        "turn": message.turn,
        "role": message.role,
        "side": message.side,
        "content": message.content,
        "status": message.status,
        "weights_hash": message.weights_hash,
        "stats": {name: value for name, value in message.stats.items() if name != "owner"},
    }
    return cast(MessageView, told)


def suggestions(ctx: Context, tuned_id: int | None, n: int) -> list[str]:
    """Questions that the tuned model should know how to answer but has not been trained on.

    From the built-in samples' fresh phrasings, then from held-out rows of its data set. Raises NotFound.
    """
    if tuned_id is None:
        return []
    with ctx.db.read() as s:
        tuned = tuned_models.get_tuned(s, tuned_id)
        if tuned is None:
            raise NotFound(tuned=tuned_id)
        dataset = s.get_one(Dataset, tuned.dataset_id)
    questions = chain(_fresh(dataset), _held_out(ctx, dataset))
    short = (q.strip() for q in questions if 0 < len(q.strip()) <= _LONGEST_SUGGESTION)
    return list(islice(dict.fromkeys(islice(short, 40 * n)), n))


def _fresh(dataset: Dataset) -> Iterator[str]:
    file = _SAMPLES / f"{dataset.sample_key}_held_out.json"
    if dataset.sample_key and file.is_file():
        for item in json.loads(file.read_text(encoding="utf-8")):
            yield item["prompt"]


def _held_out(ctx: Context, dataset: Dataset) -> Iterator[str]:
    from engine.data.rows.index import RowIndex

    path = ctx.settings.absolute(dataset.rows_path) if dataset.rows_path else None
    if path is None or not path.is_file():
        return
    index = RowIndex.open(path)
    for line in index.lines(index.places_in("val")):
        row = json.loads(line)
        if "text" in row:
            yield row["text"].strip().split("\n", 1)[0][:80]
        else:
            yield next((m["content"] for m in conversation_of(row) if m["role"] == "user"), "")
