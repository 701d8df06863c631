// One request in the table.

import { bar } from "../chart.js";
import { callerName, callerNote } from "../callers.js";
import { element } from "../element.js";
import { moment, pace, short, took } from "../format.js";
import { outcomePill, traits, words } from "../outcomes.js";

const FULL_SECONDS = 60;

/** A click anywhere, or the button in it, opens the record. */
export function requestRow(exchange, open) {
  const asked = exchange.model;
  const when = moment(exchange.started_at, { seconds: true });
  const caller = callerName(exchange.app);
  const name = element("button", { type: "button", class: "row-button", "aria-label": `${when}, ${caller}, ${asked}` }, when);
  const row = element("tr", { class: "request-row" }, [
    element("td", { class: "number" }, name),
    element("td", { class: "cell-app" }, element("span", { class: "clip", title: callerNote(exchange.app) ?? exchange.app }, caller)),
    element("td", { class: "cell-model" }, [
      element("span", { class: "clip", title: asked }, asked),
      element("span", { class: "row chips" }, [traits(exchange).map((trait) => element("span", { class: "chip" }, trait))]),
    ]),
    element("td", { class: "roomy-only" }, latency(exchange)),
    element("td", { class: "to-right wide-only" }, [
      short(exchange.input_tokens), " → ", short(exchange.output_tokens),
    ]),
    element("td", { class: "cell-outcome" }, [
      outcomePill(exchange.outcome),
      exchange.outcome === "error" && element("span", { class: "clip soft small", title: exchange.sentence }, words(exchange.detail)),
    ]),
  ]);
  row.addEventListener("click", () => open(exchange));
  return row;
}

/** Goes on counting where an answer is under way. */
export function tickRunning(rows) {
  for (const node of rows.querySelectorAll("[data-started]")) {
    node.textContent = took(Math.max(0, Date.now() / 1000 - Number(node.dataset.started)));
  }
}

function latency({ outcome, duration_seconds: seconds, started_at: started }) {
  if (outcome === "running") {
    return element("span", { class: "soft number", "data-started": started }, took(Math.max(0, Date.now() / 1000 - started)));
  }
  if (seconds === null) return "–";
  return element("span", { class: "latency" }, [
    took(seconds),
    bar(Math.sqrt(seconds / FULL_SECONDS), pace(seconds), `Took ${took(seconds)}`),
  ]);
}
