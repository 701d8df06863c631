// Every request as it happens: which app, which model, how long, how it ended.

import { element, fill } from "../element.js";
import { requestRow, tickRunning } from "../requests/row.js";
import { showRecord } from "../requests/record.js";
import { RequestList } from "../requests/list.js";
import { button, choiceBar } from "../parts/button.js";
import { icon } from "../icons.js";
import { empty, heading, keyed, unavailable } from "../parts/page.js";

const FILTERS = [
  ["all", "All"],
  ["error", "Errors"],
  ["slow", "Slow"],
];
const HEAD = [
  ["Time", ""],
  ["App", ""],
  ["Model", ""],
  ["Took", "roomy-only"],
  ["Tokens", "to-right wide-only"],
  ["Outcome", ""],
];
const TYPING_MS = 250;

export const requests = { title: "Requests", symbol: "requests", mount };

function mount(place, { feed }) {
  const list = new RequestList();
  const rows = element("tbody");
  const table = element("table", { class: "requests", hidden: true }, [
    element("caption", { class: "unseen" }, "Requests, the newest first. Each opens its whole record."),
    element("thead", {}, element("tr", {}, HEAD.map(([text, kind]) => element("th", { scope: "col", class: kind }, text)))),
    rows,
  ]);
  const nothing = element("div");
  const older = element("div", { class: "more-line", hidden: true }, button("Show older", () => list.older(), { kind: "quiet" }));
  let record = null;

  function open(exchange) {
    record = showRecord(exchange, () => (record = null));
  }

  function show() {
    keyed(rows, list.exchanges, { key: (one) => one.id, create: (one) => requestRow(one, open) });
    table.hidden = !list.exchanges.length;
    older.hidden = !list.more;
    fill(nothing, list.exchanges.length ? [] : list.problem ? unavailable(list.problem, () => list.refresh()) : list.loaded ? noneOf(list) : []);
    const current = record && list.exchanges.find((one) => one.id === record.id);
    if (current) record.update(current);
  }

  fill(place, [
    heading("Requests", "What your apps ask, live. Names and numbers only: nobody's words are kept.", [
      searchBox((text) => list.ask({ search: text })),
      choiceBar("Show", FILTERS, "all", (outcome) => list.ask({ outcome })),
    ]),
    element("section", { class: "card table-box", "aria-label": "Requests", tabindex: "-1" }, [table, nothing, older]),
  ]);
  list.addEventListener("change", show);
  list.refresh();
  const changed = () => list.refresh();
  feed.addEventListener("change", changed);
  const clock = setInterval(() => tickRunning(rows), 1000);
  return () => {
    clearInterval(clock);
    feed.removeEventListener("change", changed);
  };
}

function searchBox(ask) {
  const input = element("input", {
    class: "input",
    type: "search",
    placeholder: "App, model, error…",
    "aria-label": "Search requests",
  });
  let timer = null;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(input.value.trim()), TYPING_MS);
  });
  return element("div", { class: "search" }, [icon("search"), input]);
}

function noneOf({ outcome, search }) {
  if (search) return empty("search", "Nothing found", `No request has “${search}” in its app, model or error.`);
  if (outcome === "error") return empty("check", "No errors", "Every request that is remembered went well.");
  if (outcome === "slow") return empty("check", "Nothing slow", "Every answer took less than 15 seconds.");
  return empty(
    "requests",
    "No requests yet",
    "As soon as an app asks something, it stands here.",
    element("a", { class: "button main", href: "#connect" }, "Connect an app"),
  );
}
