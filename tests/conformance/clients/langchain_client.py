"""What LangChain gets from a server: `python langchain_client.py ADDRESS KEY` prints it as JSON."""

from __future__ import annotations

import json
import sys

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

address, key = sys.argv[1:]
llm = ChatOpenAI(model="gpt-4o", base_url=f"{address}/v1", api_key=key, temperature=0, max_tokens=120, max_retries=0)


@tool
def get_time(utc: bool) -> str:
    """The time of day."""
    return "noon"


class Answer(BaseModel):
    good: bool


text = llm.invoke("Hello")
stream = list(llm.stream("Hello", stream_usage=True))
called = llm.bind_tools([get_time], tool_choice="get_time").invoke("What time is it?")
streamed = None
for chunk in llm.bind_tools([get_time], tool_choice="any").stream("What time is it?"):
    streamed = chunk if streamed is None else streamed + chunk
structured = llm.with_structured_output(Answer, method="json_schema").invoke("Is this good?")
options = {"model": "text-embedding-3-small", "base_url": f"{address}/v1", "api_key": key}
vectors = OpenAIEmbeddings(**options, check_embedding_ctx_length=False).embed_documents(["a cat", "the fox"])
print(  # noqa: T201
    json.dumps(
        {
            "text": text.content,
            "finish": text.response_metadata["finish_reason"],
            "tokens": text.usage_metadata["total_tokens"],
            "stream": "".join(one.content for one in stream),
            "stream_tokens": sum((one.usage_metadata or {}).get("total_tokens", 0) for one in stream),
            "call": called.tool_calls[0]["name"],
            "arguments": called.tool_calls[0]["args"],
            "call_finish": called.response_metadata["finish_reason"],
            "streamed_call": streamed.tool_calls[0]["name"],
            "structured": structured.good,
            "vectors": len(vectors[1]),
        }
    )
)
