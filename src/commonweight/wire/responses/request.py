"""A request for a response, checked and put into the words of a chat (contract, section 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from commonweight.wire.openai import fields
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.chat_request import chat_request
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import boolean, check_fields, integer, number, required_in, text, thing, wrong_type
from commonweight.wire.openai.metadata import metadata
from commonweight.wire.responses.items import as_items, as_messages

LOGPROBS: Final = "message.output_text.logprobs"
#: What may be asked to be included. Those of tools that are not offered here are never there to include.
INCLUDABLE: Final = (
    LOGPROBS,
    "reasoning.encrypted_content",
    "message.input_image.image_url",
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
)
#: What would change the answer and is not offered: refused rather than dropped.
NOT_OFFERED: Final[Mapping[str, str]] = {
    "prompt": "prompts are not kept here: send its text as 'instructions' and 'input'",
}


def _include(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise wrong_type(name, "an array", value)
    for item in value:
        if item not in INCLUDABLE:
            raise BadRequest(f"Invalid '{name}': {item!r}; expected some of {', '.join(INCLUDABLE)}.", param=name)


def _one_of(*words: str) -> fields.Check:
    def check(name: str, value: Any) -> None:
        if value not in words:
            raise BadRequest(f"Invalid '{name}': {value!r}; expected one of {', '.join(words)}.", param=name)

    return check


def _not_offered(name: str, value: Any) -> None:
    message = f"'{name}' is not offered here; {NOT_OFFERED[name]}."
    raise BadRequest(message, param=name, kind="unsupported_parameter")


def _conversation(name: str, value: Any) -> None:
    if isinstance(value, str):
        return
    thing(name, value)
    text(f"{name}.id", required_in(name, value, "id"))


CHECKS: Final[Mapping[str, fields.Check]] = {
    "model": text,
    "instructions": text,
    "max_output_tokens": integer(1),
    "max_tool_calls": integer(0),
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "top_logprobs": integer(0, fields.MAX_TOP_LOGPROBS),
    "parallel_tool_calls": boolean,
    "truncation": _one_of("auto", "disabled"),
    "metadata": metadata,
    "include": _include,
    "reasoning": thing,
    "text": thing,
    "user": text,
    "store": boolean,
    "stream": boolean,
    "background": boolean,
    "previous_response_id": text,
    "conversation": _conversation,
    **dict.fromkeys(NOT_OFFERED, _not_offered),
}

#: Repeated in the response as they came, null where they did not.
_REPEATED: Final = (
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "safety_identifier",
    "temperature",
    "top_p",
    "user",
)


@dataclass(frozen=True)
class ResponseAsked:
    """A checked request. `items` are the new ones, as they came; `said` is what the response repeats of the request."""

    model: str
    items: Sequence[Document]
    body: Mapping[str, Any]
    said: Document
    store: bool
    stream: bool
    background: bool
    previous: str | None
    conversation: str | None  # whose items come before the new ones, and to which these and the answer are added
    shorten: bool
    sampling: Document = field(default_factory=dict)

    def chat(self, items: Sequence[Document], stream: bool | None = None) -> Asked:
        """The request to an engine, over these items (earlier turns and new ones). Raises BadRequest."""
        messages = as_messages(self.body.get("instructions"), items)
        asked = chat_request(
            {**self.sampling, "model": self.model, "messages": messages, "stream": self.stream if stream is None else stream}
        )
        return asked._replace(shorten=self.shorten)


def response_request(body: Mapping[str, Any], default_model: str = "") -> ResponseAsked:
    """Raises BadRequest that names the first field with nonsense in it, or what is not offered."""
    check_fields(body, CHECKS)
    model = body.get("model") or default_model
    if not model:
        raise BadRequest("Missing required parameter: 'model'.", param="model", kind="missing_required_parameter")
    items, conversation = as_items(body.get("input")), _conversation_of(body)
    tools, choice = _tools(body.get("tools")), body.get("tool_choice")
    used, forced = _chosen(tools, choice)
    stream, background = bool(body.get("stream")), bool(body.get("background"))
    said = {name: body.get(name) for name in _REPEATED} | {
        "background": background,
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "reasoning": _reasoning(body.get("reasoning")),
        "text": _text(body.get("text")),
        "tool_choice": choice or "auto",
        "tools": tools,
        "top_logprobs": body.get("top_logprobs") or 0,
        "truncation": body.get("truncation") or "disabled",
        "service_tier": "default",
    }
    said |= {"conversation": {"id": conversation}} if conversation else {}
    asked = ResponseAsked(
        model=model,
        items=items,
        body=body,
        said=said,
        store=body.get("store") is not False,
        stream=stream,
        background=background,
        previous=body.get("previous_response_id"),
        conversation=conversation,
        shorten=said["truncation"] == "auto",
        sampling=_sampling(body, used, forced, _text(body.get("text"))),
    )
    asked.chat(items if all(item["type"] != "item_reference" for item in items) else ())
    return asked


def _conversation_of(body: Mapping[str, Any]) -> str | None:
    """Its id. Raises BadRequest beside what it cannot stand with."""
    given = body.get("conversation")
    if given is None:
        return None
    for name in ("previous_response_id", "background"):
        if body.get(name):
            message = f"'conversation' and '{name}' do not go together; leave one out."
            raise BadRequest(message, param="conversation", kind="unsupported_parameter")
    return str(given["id"] if isinstance(given, Mapping) else given)


def _sampling(body: Mapping[str, Any], tools: list[Document], choice: Any, said_text: Document) -> Document:
    """The fields of a chat request that are not its messages."""
    chat: Document = {name: body[name] for name in ("temperature", "top_p") if body.get(name) is not None}
    if body.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    if LOGPROBS in (body.get("include") or ()) or body.get("top_logprobs"):
        chat |= {"logprobs": True, "top_logprobs": body.get("top_logprobs") or 0}
    effort = (body.get("reasoning") or {}).get("effort")
    if effort is not None:
        chat["reasoning_effort"] = effort
    if tools:
        chat |= {"tools": [_chat_tool(tool) for tool in tools], "tool_choice": choice}
        if body.get("parallel_tool_calls") is not None:
            chat["parallel_tool_calls"] = body["parallel_tool_calls"]
    kind = said_text["format"]
    if kind["type"] == "json_schema":
        schema = {name: kind[name] for name in ("name", "schema", "strict", "description") if kind.get(name) is not None}
        chat["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif kind["type"] != "text":
        chat["response_format"] = {"type": kind["type"]}
    return chat


def _reasoning(given: Any) -> Document:
    given = given or {}
    if given.get("effort") is not None:
        text("reasoning.effort", given["effort"])
    return {"effort": given.get("effort"), "summary": given.get("summary")}


def _text(given: Any) -> Document:
    """`text` as the response repeats it. Raises BadRequest for a format that is none."""
    given = given or {}
    kind = given.get("format") or {"type": "text"}
    thing("text.format", kind)
    name = required_in("text.format", kind, "type")
    _one_of("text", "json_object", "json_schema")("text.format.type", name)
    if name == "json_schema":
        text("text.format.name", required_in("text.format", kind, "name"))
        thing("text.format.schema", required_in("text.format", kind, "schema"))
    return {"format": kind, "verbosity": given.get("verbosity") or "medium"}


def _tools(given: Any) -> list[Document]:
    """The tools, flat as they came, with what a client may rely on. Raises BadRequest for hosted tools."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise wrong_type("tools", "an array", given)
    return [_tool(f"tools[{i}]", tool) for i, tool in enumerate(given)]


def _tool(where: str, tool: Any) -> Document:
    thing(where, tool)
    kind = required_in(where, tool, "type")
    if kind != "function":
        message = f"Unsupported '{where}.type': {kind!r}; tools that run on the server are not offered, functions are."
        raise BadRequest(message, param=f"{where}.type", kind="unsupported_value")
    text(f"{where}.name", required_in(where, tool, "name"))
    if tool.get("parameters") is not None:
        thing(f"{where}.parameters", tool["parameters"])
    return {"description": None, "parameters": None, "strict": False, **tool}


def _chosen(tools: list[Document], choice: Any) -> tuple[list[Document], Any]:
    """The tools that may be called, and the choice in the words of a chat. Raises BadRequest."""
    if choice is None or isinstance(choice, str):
        return tools, choice or "auto"
    thing("tool_choice", choice)
    kind = required_in("tool_choice", choice, "type")
    if kind == "function":
        return _named(tools, [required_in("tool_choice", choice, "name")]), "required"
    if kind == "allowed_tools":
        named = required_in("tool_choice", choice, "tools")
        names = [tool.get("name") for tool in named if isinstance(tool, dict)] if isinstance(named, list) else []
        return _named(tools, names), choice.get("mode") or "auto"
    message = f"Unsupported 'tool_choice.type': {kind!r}; expected 'function' or 'allowed_tools'."
    raise BadRequest(message, param="tool_choice", kind="unsupported_value")


def _named(tools: list[Document], names: list[Any]) -> list[Document]:
    found = [tool for tool in tools if tool["name"] in names]
    if not found or len(found) < len(set(map(str, names))):
        raise BadRequest(f"'tool_choice' names {names}, of which not all are in 'tools'.", param="tool_choice")
    return found


def _chat_tool(tool: Mapping[str, Any]) -> Document:
    wanted = {name: tool[name] for name in ("name", "description", "parameters", "strict") if tool.get(name) is not None}
    return {"type": "function", "function": wanted}
