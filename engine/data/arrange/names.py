"""Names of columns that a message, its conversation and its place have, and words that say who speaks. Declared here, once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.data.schema.layouts.roles import CALLING, role_name, role_of

ROLE = (
    "role", "from", "speaker", "sender", "author", "author_role", "speaker_role", "message_role", "turn_role", "sender_type",
    "sender_role", "participant", "who", "speaker_type", "party", "角色", "说话人", "发言人", "发送者", "发送方", "身份",
)  # fmt: skip
CONTENT = (
    "content", "text", "value", "message", "utterance", "body", "msg", "message_text", "message_content", "turn_text", "words",
    "内容", "文本", "消息", "消息内容", "话语", "发言",
)  # fmt: skip
CONVERSATION = (
    "conversation_id", "conv_id", "c_id", "cid", "convo_id", "dialogue_id", "dialog_id", "dialogue", "dialog", "thread_id", "thread",
    "session_id", "session", "chat_id", "chat", "ticket_id", "ticket", "case_id", "call_id", "room_id", "channel_id",
    "message_tree_id", "tree_id", "conversation", "conv", "group_id", "example_id", "sample_id", "interaction_id", "id", "uid",
    "对话id", "会话id", "对话编号", "会话编号", "对话", "会话", "工单", "工单号", "工单id", "编号",
)  # fmt: skip
TALK = tuple(
    name for name in CONVERSATION if name not in ("id", "uid", "example_id", "sample_id", "编号", "group_id", "case_id")
)
"""Those of them that mean a conversation and nothing else."""
ORDER = (
    "turn", "turn_id", "turn_index", "turn_idx", "turn_number", "turn_no", "turn_num", "message_index", "message_idx", "message_number",
    "message_no", "msg_index", "msg_no", "utterance_idx", "utterance_index", "utterance_id", "position", "pos", "seq", "sequence",
    "sequence_number", "order", "step", "index", "idx", "no", "nr", "timestamp", "created_at", "created_date", "sent_at", "date_time",
    "datetime", "time", "created", "ts", "date", "轮次", "序号", "顺序", "轮", "时间", "时间戳", "发送时间",
)  # fmt: skip
MESSAGE = ("message_id", "msg_id", "id", "uuid", "node_id", "消息id")
PARENT = (
    "parent_id",
    "parent_message_id",
    "parent",
    "parent_uuid",
    "reply_to",
    "reply_to_id",
    "in_reply_to",
    "父id",
    "上一条id",
)
RANK = ("rank", "排名")
DELETED = ("deleted", "is_deleted", "已删除")
SPEAKERS = {
    **dict.fromkeys(
        ("customer", "client", "visitor", "caller", "patient", "student", "consumer", "guest", "requester", "prompter", "questioner", "end-user",
         "end user", "end_user", "enduser", "buyer", "shopper", "买家", "咨询者",
         "用户", "客户", "顾客", "访客", "患者", "学生", "提问者", "问"), "user"),
    **dict.fromkeys(
        ("agent", "support", "operator", "advisor", "adviser", "representative", "rep", "staff", "helpdesk", "tutor", "answerer", "ai",
         "bot", "chatbot", "seller", "virtual assistant", "support agent", "customer support", "customer service", "service agent", "人工客服", "智能客服", "卖家", "助手", "客服", "坐席", "机器人", "助理", "模型", "医生", "回答者", "答"), "assistant"),
    "系统": "system",
}  # fmt: skip
"""Who speaks, beyond the roles that lists of turns have: only where a role stands in a column of its own."""
MEMBERS = (
    "weight", "train", "loss", "loss_mask", "masked", "reasoning_content", "reasoning", "thinking", "tool_calls", "tool_call_id",
    "function_call", "name",
)  # fmt: skip
"""Columns that belong to a message and go with it into its turn."""


@lru_cache(maxsize=4_096)
def column_name(name: str) -> str:
    """A name as it is compared: no case, no separators, so that "Conversation ID" and "conversationId" are one."""
    return "".join(char for char in name.casefold() if char not in "_- .")


def bearing(names: tuple[str, ...], columns: list[str]) -> list[str]:
    """The columns that bear one of the names, in the order of the names."""
    wanted = list(dict.fromkeys(column_name(name) for name in names))
    found = {column_name(column): column for column in reversed(columns)}
    return [found[name] for name in wanted if name in found]


@lru_cache(maxsize=256)
def members_of(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Those columns that go with a message into its turn."""
    return tuple(bearing(MEMBERS, list(columns)))


def speaker(value: Any) -> str | None:
    """The role that a cell names; a name whose words are calls stays itself, as lists of turns have it. None for any other word."""
    word = role_name(value)
    return word if word in CALLING else role_of(word) or SPEAKERS.get(word)
