// Tokens and cost: today, a week, a month.

import { columns } from "../chart.js";
import { element, fill } from "../element.js";
import { day, money, plural, short, whole } from "../format.js";
import { choiceBar } from "../parts/button.js";
import { card } from "../parts/page.js";

const SPANS = [
  ["1", "Today"],
  ["7", "7 days"],
  ["30", "30 days"],
];
const WORTH = "Cost as the engine reports it, at API prices. A plan's requests are not billed one by one.";

export function spendingCard() {
  const body = element("div", { class: "spending" });
  let [days, told] = [7, null];
  const show = () => told && fill(body, [sums(told, days), days > 1 && chart(told, days), models(told)]);
  const bar = choiceBar("Time", SPANS, "7", (value) => {
    days = Number(value);
    show();
  });
  let shown = "";
  return {
    node: card("Tokens and cost", body, { tools: [bar] }),
    update({ spending }) {
      const now = JSON.stringify(spending);
      if (now === shown) return;
      [shown, told] = [now, spending];
      show();
    },
  };
}

function sums({ days: all, today }, days) {
  const part = all.slice(-days);
  const sum = (name) => part.reduce((so_far, one) => so_far + (one[name] ?? 0), 0);
  const cost = days === 1 ? today.cost_usd : part.some((one) => one.cost_usd !== null) ? sum("cost_usd") : null;
  return element("div", { class: "sums" }, [
    amount("Requests", whole(sum("requests"))),
    amount("Tokens read", short(days === 1 ? today.input_tokens : sum("input_tokens"))),
    amount("Tokens written", short(days === 1 ? today.output_tokens : sum("output_tokens"))),
    amount("Cost", money(cost), cost === null ? null : WORTH),
  ]);
}

function amount(label, value, title = null) {
  return element("div", { title }, [
    element("p", { class: "soft small" }, label),
    element("p", { class: "sum number" }, value),
  ]);
}

function chart({ days: all }, days) {
  const part = all.slice(-days);
  const values = part.map((one) => ({
    parts: [
      { value: one.input_tokens, tone: "plain" },
      { value: one.output_tokens, tone: "second" },
    ],
    title: `${day(one.day)}: ${short(one.input_tokens)} read, ${short(one.output_tokens)} written, ${plural(one.requests, "request")}, ${money(one.cost_usd)}`,
  }));
  const most = part.reduce((best, one) => (one.input_tokens + one.output_tokens > best.input_tokens + best.output_tokens ? one : best), part[0]);
  const label = most
    ? `Tokens a day over ${part.length} days; most on ${day(most.day)}: ${whole(most.input_tokens + most.output_tokens)}`
    : "No days yet";
  return element("div", {}, [
    columns(values, { rems: 7.4, label }),
    element("div", { class: "chart-ends" }, [
      element("span", {}, part.length ? day(part[0].day) : ""),
      element("span", { class: "key-line" }, [
        element("span", { class: "swatch plain" }), "read",
        element("span", { class: "swatch second" }), "written",
      ]),
      element("span", {}, "today"),
    ]),
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
        element("td", {}, one.model),
        [whole(one.requests), short(one.input_tokens), short(one.output_tokens), money(one.cost_usd)].map((text) =>
          element("td", { class: "to-right" }, text)),
      ])),
    ]),
  ]));
}
