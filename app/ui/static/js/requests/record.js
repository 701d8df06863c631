// Everything that is known of one request.

import { callerName } from "../callers.js";
import { element, fill } from "../element.js";
import { money, moment, took, whole } from "../format.js";
import { MEANING, outcomePill, words } from "../outcomes.js";
import { button } from "../parts/button.js";
import { copy } from "../parts/copy.js";
import { dialog } from "../parts/dialog.js";
import { facts } from "../parts/page.js";

/** Opens the record; `update` shows how it went on. */
export function showRecord(exchange, onClose) {
  const body = element("div", { class: "stack" });
  fill(body, groups(exchange));
  dialog("Request", body, { onClose });
  let shown = JSON.stringify(exchange);
  return {
    id: exchange.id,
    update(now) {
      if (shown === JSON.stringify(now)) return;
      shown = JSON.stringify(now);
      fill(body, groups(now));
    },
  };
}

function groups(one) {
  const raw = JSON.stringify(one, null, 2);
  return [
    element("div", { class: "row" }, [
      outcomePill(one.outcome),
      element("span", { class: "soft" }, one.sentence ?? MEANING[one.outcome] ?? ""),
    ]),
    group("What the app asked", [
      ["App", callerName(one.app)],
      ["Why", one.errand ? "the app asked of its own accord, to name the chat or the like" : null],
      ["When", moment(one.started_at, { seconds: true })],
      ["Address", element("code", {}, one.path)],
      ["Model asked for", element("code", {}, one.model)],
      ["Messages", whole(one.messages)],
      ["Tools offered", one.tools ? whole(one.tools) : null],
      ["Pictures", one.images ? whole(one.images) : null],
      ["Streaming", one.streaming ? "yes, piece by piece" : "no, all at once"],
      ["Session", one.session_key && element("code", {}, one.session_key)],
    ]),
    group("What came back", [
      ["Answered by", one.served_model && element("code", {}, one.served_model)],
      [one.outcome === "error" ? "What failed" : "Ended because", words(one.detail)],
      ["HTTP status", one.status],
      ["First words after", one.first_token_seconds === null ? null : took(one.first_token_seconds)],
      ["Took", one.duration_seconds === null ? null : took(one.duration_seconds)],
      ["Tokens read", whole(one.input_tokens)],
      ["… of these from the cache", one.cache_read_tokens ? whole(one.cache_read_tokens) : null],
      ["… new in the cache", one.cache_creation_tokens ? whole(one.cache_creation_tokens) : null],
      ["Tokens written", whole(one.output_tokens)],
      ["Cost", one.cost_usd === null ? null : money(one.cost_usd)],
    ]),
    element("details", {}, [
      element("summary", {}, "The record as JSON"),
      element("div", { class: "stack" }, [
        element("pre", { class: "raw", tabindex: "0" }, raw),
        element("div", {}, button("Copy", () => copy(raw, "Record"), { kind: "tight", symbol: "copy" })),
      ]),
    ]),
  ];
}

function group(title, pairs) {
  return element("div", { class: "group" }, [element("h3", {}, title), facts(pairs)]);
}
