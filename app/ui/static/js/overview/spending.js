// Tokens and cost: today, a week, a month.

import { element, fill } from "../element.js";
import { money, short, whole } from "../format.js";
import { choiceBar } from "../parts/button.js";
import { card } from "../parts/page.js";
import { slices, sum } from "./slices.js";
import { spendingChart } from "./spending_chart.js";

const SPANS = [
  ["today", "Today"],
  ["7", "7 days"],
  ["30", "30 days"],
];
const WHAT = [
  ["tokens", "Tokens"],
  ["cost", "Cost"],
];
const WORTH = "As the engine reports it, at API prices; a plan's requests are not billed one by one.";

export function spendingCard() {
  const body = element("div", { class: "spending" });
  const view = { table: false };
  let [span, what, told, shown] = ["7", "tokens", null, ""];
  const show = () => {
    if (!told) return;
    const part = slices(told, span);
    fill(body, [sums(part), spendingChart(part, what, view), models(told)]);
  };
  const bars = element("div", { class: "row" }, [
    choiceBar("What the chart shows", WHAT, what, (value) => {
      what = value;
      show();
    }),
    choiceBar("Time", SPANS, span, (value) => {
      span = value;
      show();
    }),
  ]);
  return {
    node: card("Tokens and cost", body, { tools: [bars] }),
    update({ spending }) {
      const now = JSON.stringify(spending);
      if (now === shown) return;
      [shown, told] = [now, spending];
      show();
    },
  };
}

function sums(part) {
  const cost = sum(part, "cost_usd");
  return element("div", { class: "sums" }, [
    amount("Requests", whole(sum(part, "requests"))),
    amount("Tokens read", short(sum(part, "input_tokens"))),
    amount("Tokens written", short(sum(part, "output_tokens"))),
    amount("Cost", money(cost), cost !== null ? "at API prices" : sum(part, "requests") ? "Not reported" : null, WORTH),
  ]);
}

function amount(label, value, note = null, title = null) {
  return element("div", { title }, [
    element("p", { class: "soft small" }, label),
    element("p", { class: "sum number" }, value),
    note && element("p", { class: "soft tiny" }, note),
  ]);
}

function models({ models: used }) {
  if (!used.length) return null;
  const head = ["Model, 30 days", "Requests", "Read", "Written", "Cost"];
  return element("div", { class: "table-scroll" }, element("table", {}, [
    element("thead", {}, element("tr", {}, [
      head.map((text, place) => element("th", { scope: "col", class: place ? "to-right" : "" }, text)),
    ])),
    element("tbody", {}, [
      used.map((one) => element("tr", {}, [
        element("th", { scope: "row", class: "cell-model" }, element("span", { class: "clip", title: one.model }, one.model)),
        [whole(one.requests), short(one.input_tokens), short(one.output_tokens), money(one.cost_usd)].map((text) =>
          element("td", { class: "to-right" }, text)),
      ])),
    ]),
  ]));
}
