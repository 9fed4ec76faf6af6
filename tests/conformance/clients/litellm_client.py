"""What LiteLLM gets from a server: `python litellm_client.py ADDRESS KEY` prints it as JSON."""

from __future__ import annotations

import json
import sys

import litellm

address, key = sys.argv[1:]
litellm.telemetry = False
SAY = [{"role": "user", "content": "What time is it?"}]
PARAMETERS = {"type": "object", "properties": {"utc": {"type": "boolean"}}, "required": ["utc"]}
TOOL = {"type": "function", "function": {"name": "get_time", "description": "The time", "parameters": PARAMETERS}}
NAMED = {"type": "function", "function": {"name": "get_time"}}
options = {"model": "openai/gpt-4o", "api_base": f"{address}/v1", "api_key": key, "max_tokens": 120, "temperature": 0}

text = litellm.completion(messages=SAY, **options)
stream = list(litellm.completion(messages=SAY, stream=True, stream_options={"include_usage": True}, **options))
called = litellm.completion(messages=SAY, tools=[TOOL], tool_choice=NAMED, **options)
chunks = list(litellm.completion(messages=SAY, tools=[TOOL], tool_choice="required", stream=True, **options))
pieces = [one.choices[0].delta.tool_calls[0] for one in chunks if one.choices and one.choices[0].delta.tool_calls]
embedding = {"model": "openai/text-embedding-3-small", "api_base": f"{address}/v1", "api_key": key}
vectors = litellm.embedding(input=["a cat"], encoding_format="float", **embedding)
print(  # noqa: T201
    json.dumps(
        {
            "text": text.choices[0].message.content,
            "finish": text.choices[0].finish_reason,
            "tokens": text.usage.total_tokens,
            "stream": "".join(one.choices[0].delta.content or "" for one in stream if one.choices),
            "stream_tokens": max(getattr(getattr(one, "usage", None), "total_tokens", 0) for one in stream),
            "call": called.choices[0].message.tool_calls[0].function.name,
            "arguments": json.loads(called.choices[0].message.tool_calls[0].function.arguments),
            "call_finish": called.choices[0].finish_reason,
            "streamed_call": pieces[0].function.name,
            "streamed_finish": [one.choices[0].finish_reason for one in chunks if one.choices][-1],
            "vectors": len(vectors.data[0]["embedding"]),
        }
    )
)
