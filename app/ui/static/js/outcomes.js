// How a request ended, in words and colours.

import { pill } from "./parts/page.js";

const OUTCOMES = {
  ok: ["Answered", "good", "check"],
  error: ["Failed", "bad", "cross"],
  client_disconnect: ["Cancelled", "plain", "left"],
  running: ["Answering", "info", "running"],
};

/** What "cancelled" and the like mean, for the record. */
export const MEANING = {
  ok: "Claude's answer reached the app.",
  error: "The app got an error instead of an answer, or the answer broke off.",
  client_disconnect: "The app closed the connection before the answer had ended; the answer was stopped.",
  running: "The answer is under way.",
};

export function outcomePill(outcome) {
  const [label, tone, symbol] = OUTCOMES[outcome] ?? [outcome, "plain", "partly"];
  return pill(label, tone, symbol);
}

/** The code of what failed, or the model's reason to stop, as words. */
export function words(detail) {
  return detail ? detail.replaceAll("_", " ") : "";
}

/** stream or sync, and what the app sent along. */
export function traits(exchange) {
  return [
    exchange.streaming ? "stream" : "sync",
    exchange.tools > 0 && (exchange.tools === 1 ? "1 tool" : `${exchange.tools} tools`),
    exchange.images > 0 && (exchange.images === 1 ? "1 picture" : `${exchange.images} pictures`),
    exchange.session_key && "session",
    exchange.errand && "background",
  ].filter(Boolean);
}
