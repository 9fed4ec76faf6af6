// What Vercel's AI SDK gets by its providers for OpenAI (the Responses API) and Anthropic: `node vercel_providers.mjs ADDRESS KEY`.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, streamText, tool } from "ai";
import { z } from "zod";

const [address, key] = process.argv.slice(2);
const models = {
  responses: createOpenAI({ baseURL: `${address}/v1`, apiKey: key })("gpt-4o"),
  messages: createAnthropic({ baseURL: `${address}/v1`, apiKey: key })("gpt-4o"),
};
const limits = { maxOutputTokens: 120, temperature: 0, maxRetries: 0, prompt: "What time is it?" };
const tools = { get_time: tool({ description: "The time", inputSchema: z.object({ utc: z.boolean() }) }) };

async function told(model) {
  const text = await generateText({ model, ...limits });
  const stream = streamText({ model, ...limits });
  let streamed = "";
  for await (const piece of stream.textStream) streamed += piece;
  const call = await generateText({ model, ...limits, tools, toolChoice: { type: "tool", toolName: "get_time" } });
  const callStream = streamText({ model, ...limits, tools, toolChoice: "required" });
  const structured = await generateObject({ model, ...limits, schema: z.object({ good: z.boolean() }) });
  return {
    text: text.text, finish: text.finishReason, tokens: text.usage.totalTokens, stream: streamed,
    stream_tokens: (await stream.usage).totalTokens, call: call.toolCalls[0].toolName, arguments: call.toolCalls[0].input,
    call_finish: call.finishReason, streamed_call: (await callStream.toolCalls)[0].toolName,
    streamed_finish: await callStream.finishReason, structured: structured.object,
  };
}

console.log(JSON.stringify({ responses: await told(models.responses), messages: await told(models.messages) }));
