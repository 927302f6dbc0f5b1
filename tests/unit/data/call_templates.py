"""Chat templates that write calls of tools in each of the forms that are in use, and some that do it wrongly; made for these tests."""

from __future__ import annotations

from tokenizers import Tokenizer

from engine.data.templates.template import ChatTemplate
from tests.unit.data.chat_templates import _tokenizer_json

_TALK = """{%- if tools %}<tools>{%- for tool in tools %}{{ tool.function | tojson }}
{%- endfor %}</tools>{%- endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}{% for call in message.tool_calls or [] %}{% set f = call.function %}CALL{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
_EACH = "{%- for key, value in f.arguments | items %}"
_PLAIN = "{{ value if value is string else value | tojson }}"
GOOD: dict[str, str] = {
    "hermes": '<tool_call>\n{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}}\n</tool_call>',
    "arguments-first": '<tool_call>{"arguments": {{ f.arguments | tojson }}, "name": "{{ f.name }}"}</tool_call>',
    "llama": '<|python_tag|>{"name": "{{ f.name }}", "parameters": {{ f.arguments | tojson(indent=2) }}}',
    "mistral": '[TOOL_CALLS][{{ f | tojson }}]',
    "mistral-args": "[TOOL_CALLS]{{ f.name }}[ARGS]{{ f.arguments | tojson }}",
    "deepseek": "<call>function<sep>{{ f.name }}\n```json\n{{ f.arguments | tojson }}\n```</call>",
    "functionary": "<function={{ f.name }}>{{ f.arguments | tojson(ensure_ascii=True) }}</function>",
    "harmony": "<|channel|>commentary to=functions.{{ f.name }} <|constrain|>json<|message|>{{ f.arguments | tojson }}",
    "command": 'Action: [{"tool_call_id": "0", "tool_name": "{{ f.name }}", "parameters": {{ f.arguments | tojson }}}]',
    "coder": "<tool_call>\n<function={{ f.name }}>\n" + _EACH + "<parameter={{ key }}>\n" + _PLAIN + "\n</parameter>\n{% endfor %}</function>\n</tool_call>",
    "glm": "<tool_call>{{ f.name }}\n" + _EACH + "<arg_key>{{ key }}</arg_key>\n<arg_value>" + _PLAIN + "</arg_value>\n{% endfor %}</tool_call>",
    "minimax": '<invoke name="{{ f.name }}">\n' + _EACH + '<parameter name="{{ key }}">' + _PLAIN + "</parameter>\n{% endfor %}</invoke>",
    "pythonic": "[{{ f.name }}(" + _EACH + "{{ key }}={{ value | tojson }}{{ ', ' if not loop.last }}{% endfor %})]",
    "gemma": "<|call>call:{{ f.name }}{{ '{' }}" + _EACH + "{{ key }}:{{ '<|q|>' + value + '<|q|>' if value is string else value | tojson }}{{ ',' if not loop.last }}{% endfor %}{{ '}' }}<call|>",
    "as-text": "<call>{{ '```' + f.name + '\n' + f.arguments + '\n```' }}</call>",
    "as-text-in-print": '<call>{"name": "{{ f.name }}", "arguments": {{ f.arguments }}}</call>',
    "kimi": "<call>{{ call.id }}<argument>{{ f.arguments | tojson }}</call>",
}  # fmt: skip
WRONG: dict[str, tuple[str, str]] = {
    "python": ('{"name": "{{ f.name }}", "arguments": {{ f.arguments | string }}{{ f.arguments.missing }}}{% if f.arguments is string %}{{ raise_exception("no text") }}{% endif %}', "template.calls_python"),
    "text-in-text": ('{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson | tojson }}}', "template.calls_text"),
    "dropped": ('{"name": "{{ f.name }}", "arguments": {}}', "template.calls_changed"),
    "unquoted": ('{"name": "{{ f.name }}", "arguments": {{ "{" }}' + _EACH + '"{{ key }}": "{{ value }}"{{ ", " if not loop.last }}{% endfor %}{{ "}}" }}', "template.calls_changed"),
}  # fmt: skip
FIRST_ALONE = _TALK.replace("message.tool_calls or []", "(message.tool_calls or [])[:1]").replace(
    "CALL", GOOD["hermes"]
)


def template_of(source: str) -> ChatTemplate:
    """A template with a tokenizer."""
    tokenizer = Tokenizer.from_str(_tokenizer_json())
    end = tokenizer.token_to_id("<|im_end|>")
    return ChatTemplate(tokenizer, source, {"eos_token": "<|im_end|>", "eos_token_ids": [end]})


def writing(call: str) -> ChatTemplate:
    """The template of a conversation that writes calls like this."""
    return template_of(_TALK.replace("CALL", call))
