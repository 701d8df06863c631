// What every page begins with, and what stands where there is nothing yet.

import { element, fill } from "../element.js";
import { icon } from "../icons.js";

/** The heading takes the focus when the page is gone to. */
export function heading(title, sentence = null, tools = [], badge = null) {
  return element("div", { class: "page-head" }, [
    element("div", {}, [
      element("div", { class: "row" }, [element("h1", { tabindex: "-1" }, title), badge]),
      sentence && element("p", {}, sentence),
    ]),
    element("div", { class: "row" }, tools),
  ]);
}

/** A card with a head; further attributes go to the section. */
export function card(title, children, { tools = [], ...props } = {}) {
  return element("section", { class: "card", ...props, "aria-label": title }, [
    element("div", { class: "card-head" }, [element("h2", {}, title), ...tools]),
    children,
  ]);
}

export function empty(symbol, title, sentence, action = null) {
  return element("div", { class: "empty" }, [
    icon(symbol),
    element("strong", {}, title),
    element("p", {}, sentence),
    action,
  ]);
}

/** Instead of what could not be had; `again` asks once more. */
export function unavailable(problem, again) {
  const retry = element("button", { type: "button", class: "button", on: { click: again } }, "Try again");
  return empty("warning", "This could not be loaded", problem.message, retry);
}

export function pill(label, tone, symbol) {
  return element("span", { class: "pill", "data-tone": tone }, [icon(symbol), label]);
}

export function notice(sentence, tone = "info", action = null) {
  return element("div", { class: "notice", "data-tone": tone }, [
    icon({ good: "check", info: "info" }[tone] ?? "warning"),
    element("p", {}, sentence),
    action,
  ]);
}

export function facts(pairs) {
  return element("dl", { class: "facts" }, [
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  ]);
}

/** Keeps a list's nodes by key: what did not change keeps its focus and its place. */
export function keyed(parent, items, { key, version = JSON.stringify, create }) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const [name, state] = [String(key(item)), version(item)];
    const kept = before.get(name);
    if (kept && kept.dataset.version === state) return kept;
    const node = create(item);
    node.dataset.key = name;
    node.dataset.version = state;
    return node;
  });
  const focused = parent.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
  if (nodes.length !== parent.children.length || nodes.some((node, place) => node !== parent.children[place])) {
    fill(parent, nodes);
    if (focused) nodes.find((node) => node.dataset.key === focused)?.querySelector("button, a")?.focus();
  }
}
