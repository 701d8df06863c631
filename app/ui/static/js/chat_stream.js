// Reads an answer in Anthropic's stream shape: text as it comes, and the counts at the end.

import { streamed, Refusal } from "./api.js";

/** Calls `onText(piece)`; resolves to {model, stop_reason, usage}. Raises Refusal, or AbortError when stopped. */
export async function ask({ model, messages, signal, onText }) {
  const body = { model, messages, max_tokens: 4096, stream: true };
  const response = await streamed("/dashboard/chat", body, signal);
  const told = { model, stop_reason: null, usage: {} };
  for await (const event of events(response.body)) take(event, told, onText);
  if (!told.stop_reason) throw new Refusal("The answer broke off. Try again.", 502);
  return told;
}

function take(event, told, onText) {
  if (event.type === "message_start") {
    told.model = event.message.model;
    Object.assign(told.usage, event.message.usage);
  } else if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
    onText(event.delta.text);
  } else if (event.type === "message_delta") {
    told.stop_reason = event.delta.stop_reason;
    Object.assign(told.usage, event.usage);
  } else if (event.type === "error") {
    throw new Refusal(event.error?.message ?? "The answer broke off.", 502);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trim())
        .join("\n");
      if (data) yield JSON.parse(data);
    }
  }
}
