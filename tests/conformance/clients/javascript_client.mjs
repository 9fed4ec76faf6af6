// What the JavaScript clients get from a server: `node javascript_client.mjs ADDRESS KEY` prints it as JSON.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateObject, generateText, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

const [address, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: "What time is it?" }];
const parameters = { type: "object", properties: { utc: { type: "boolean" } }, required: ["utc"], additionalProperties: false };
const tools = [{ type: "function", function: { name: "get_time", description: "The time", parameters, strict: true } }];
const settings = { model: "gpt-4o", messages, max_tokens: 120, temperature: 0 };

const text = await client.chat.completions.create(settings);
let streamed = "", streamedTokens = 0;
for await (const chunk of await client.chat.completions.create({ ...settings, stream: true, stream_options: { include_usage: true } })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  streamedTokens = chunk.usage?.total_tokens ?? streamedTokens;
}
const called = await client.chat.completions.create({ ...settings, tools, tool_choice: { type: "function", function: { name: "get_time" } } });
const helper = client.chat.completions.stream({ ...settings, tools, tool_choice: "required" });
const helped = await helper.finalChatCompletion();
const schema = { type: "json_schema", json_schema: { name: "answer", strict: true, schema: { type: "object", properties: { good: { type: "boolean" } }, required: ["good"], additionalProperties: false } } };
const structured = await client.chat.completions.create({ ...settings, response_format: schema });
const vectors = await client.embeddings.create({ model: "text-embedding-3-small", input: ["a cat"], encoding_format: "float" });

const provider = createOpenAICompatible({ name: "commonweight", baseURL: `${address}/v1`, apiKey: key, supportsStructuredOutputs: true, includeUsage: true });
const model = provider("gpt-4o");
const limits = { maxOutputTokens: 120, temperature: 0, maxRetries: 0, prompt: "What time is it?" };
const sdkText = await generateText({ model, ...limits });
const sdkStream = streamText({ model, ...limits });
let sdkStreamed = "";
for await (const piece of sdkStream.textStream) sdkStreamed += piece;
const time = tool({ description: "The time", inputSchema: z.object({ utc: z.boolean() }) });
const sdkCall = await generateText({ model, ...limits, tools: { get_time: time }, toolChoice: { type: "tool", toolName: "get_time" } });
const sdkCallStream = streamText({ model, ...limits, tools: { get_time: time }, toolChoice: "required" });
const sdkObject = await generateObject({ model, ...limits, schema: z.object({ good: z.boolean() }) });
const sdkVectors = await embedMany({ model: provider.textEmbeddingModel("text-embedding-3-small"), values: ["a cat"] });

console.log(JSON.stringify({
  openai: {
    text: text.choices[0].message.content, finish: text.choices[0].finish_reason, tokens: text.usage.total_tokens,
    stream: streamed, stream_tokens: streamedTokens,
    call: called.choices[0].message.tool_calls[0].function.name,
    arguments: JSON.parse(called.choices[0].message.tool_calls[0].function.arguments), call_finish: called.choices[0].finish_reason,
    streamed_call: helped.choices[0].message.tool_calls[0].function.name, streamed_finish: helped.choices[0].finish_reason,
    structured: JSON.parse(structured.choices[0].message.content), vectors: vectors.data[0].embedding.length,
  },
  vercel: {
    text: sdkText.text, finish: sdkText.finishReason, tokens: sdkText.usage.totalTokens, stream: sdkStreamed,
    stream_tokens: (await sdkStream.usage).totalTokens, call: sdkCall.toolCalls[0].toolName, arguments: sdkCall.toolCalls[0].input,
    call_finish: sdkCall.finishReason, streamed_call: (await sdkCallStream.toolCalls)[0].toolName,
    streamed_finish: await sdkCallStream.finishReason, structured: sdkObject.object, vectors: sdkVectors.embeddings[0].length,
  },
}));
