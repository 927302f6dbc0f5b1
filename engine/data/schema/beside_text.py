"""Columns beside which a text is none by itself: who says it, what it answers, what it is called."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.schema.declared import SHAPES, plain_name, shape_of

SPEAKING = ("role", "from", "speaker", "sender", "author_role", "角色", "说话人", "发言人", "发送者")
TALKING = (  # a text is one message of a conversation, or an answer to another
    "conversation_id", "conv_id", "convo_id", "c_id", "dialogue_id", "dialog_id", "thread_id", "thread", "thread_ts", "session_id", "chat_id",
    "ticket_id", "turn_id", "turn_index", "utterance_id", "reply_to", "reply_to_id", "in_reply_to", "in_response_to", "in_response_to_tweet_id",
    "parent_message_id", "inbound", "对话id", "会话id", "对话编号", "会话编号", "工单号", "轮次",
)  # fmt: skip
RESULTS = ("summary", "summaries", "highlights", "target", "code", "solution", "translation", "摘要", "总结", "译文")
"""What is made of a text, which is to be learnt then."""
_ROLES = ("question", "answer", "turns", "label", "reasoning")
_OWN = frozenset(shape_of("text").fields[0].names)
_NAMES = frozenset(
    (
        *SPEAKING,
        *TALKING,
        *RESULTS,
        *(
            name
            for shape in SHAPES
            for field in shape.fields
            if field.part in _ROLES
            for name in (*field.names, *(field.spare if field.key != "label" else ()))
        ),
    )
)


def beside_text(columns: Sequence[str]) -> list[str]:
    """The columns that plain text would lose although they belong to it, by their whole names."""
    return [column for column in columns if plain_name(column) in _NAMES - _OWN]
