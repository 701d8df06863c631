// Tokens, or what they cost, as columns; and the same as a table, for whoever wants the numbers.

import { columns } from "../chart.js";
import { element } from "../element.js";
import { money, plural, short, whole } from "../format.js";
import { sum } from "./slices.js";

const FEW = 8;
const KINDS = {
  tokens: {
    parts: (one) => [
      { value: one.input_tokens, tone: "plain" },
      { value: one.output_tokens, tone: "second" },
    ],
    scale: (value) => `${short(value)} tokens`,
    key: [["plain", "read"], ["second", "written"]],
  },
  cost: {
    parts: (one) => [{ value: one.cost_usd ?? 0, tone: "plain" }],
    scale: money,
    key: [["plain", "cost"]],
  },
};

/** `view.table`: whether the table is open; it stays as a person left it when the numbers change. */
export function spendingChart(part, what, view) {
  const { parts, scale, key } = KINDS[what];
  const values = part.map((one) => ({ parts: parts(one), title: sentence(one) }));
  return element("div", { class: "spending-chart" }, [
    element("p", { class: "key-line soft" }, key.map(([tone, name]) => [element("span", { class: `swatch ${tone}` }), name])),
    columns(values, { rems: 8.4, label: inWords(part, what, parts, scale), scale }),
    marks(part),
    used(part).length > 0 && table(part, view),
  ]);
}

/** Each column's name where there are few, otherwise the first and the last. */
function marks(part) {
  const few = part.length <= FEW;
  const names = few ? part.map(({ name }) => name) : [part[0]?.name, part.at(-1)?.name];
  return element("div", { class: few ? "chart-names" : "chart-ends" }, names.map((name) => element("span", {}, name ?? "")));
}

function sentence(one) {
  return `${one.name}: ${short(one.input_tokens)} read, ${short(one.output_tokens)} written, ${plural(one.requests, "request")}, ${money(one.cost_usd)}`;
}

function inWords(part, what, parts, scale) {
  const size = (one) => parts(one).reduce((total, { value }) => total + value, 0);
  const most = part.reduce((best, one) => (best && size(best) >= size(one) ? best : one), null);
  const name = what === "cost" ? "Cost" : "Tokens";
  if (!most || !size(most)) return `${name}: nothing yet`;
  return `${name}, ${part[0].name} to ${part.at(-1).name}; most at ${most.name}: ${scale(size(most))}`;
}

const used = (part) => part.filter((one) => one.requests);

function table(part, view) {
  const head = ["When", "Requests", "Read", "Written", "Cost"];
  const keep = ({ target }) => (view.table = target.open);
  return element("details", { class: "numbers", open: view.table, on: { toggle: keep } }, [
    element("summary", { class: "small" }, "As a table"),
    element("table", {}, [
      element("thead", {}, element("tr", {}, head.map((text, place) =>
        element("th", { scope: "col", class: place ? "to-right" : "" }, text)))),
      element("tbody", {}, used(part).reverse().map((one) => row(one.name, one))),
      element("tfoot", {}, row("Together", {
        requests: sum(part, "requests"),
        input_tokens: sum(part, "input_tokens"),
        output_tokens: sum(part, "output_tokens"),
        cost_usd: sum(part, "cost_usd"),
      })),
    ]),
  ]);
}

function row(name, one) {
  const cells = [whole(one.requests), whole(one.input_tokens), whole(one.output_tokens), money(one.cost_usd)];
  return element("tr", {}, [
    element("th", { scope: "row" }, name),
    cells.map((text) => element("td", { class: "to-right" }, text)),
  ]);
}
