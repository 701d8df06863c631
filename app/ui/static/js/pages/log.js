// The end of the log, as it grows.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { bytes, plural } from "../format.js";
import { button, choiceBar } from "../parts/button.js";
import { copy } from "../parts/copy.js";
import { empty, heading, unavailable } from "../parts/page.js";

const LEVELS = [
  ["debug", "Everything"],
  ["info", "Normal"],
  ["warning", "Warnings"],
  ["error", "Errors"],
];
const ORDER = ["debug", "info", "warning", "error"];
const LINE = /^\d{4}-\d\d-\d\d \S+ +(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/;
const AGAIN_MS = 2_500;
const LINES = 1_000;
const NEAR_END = 40;

export const log = { title: "Log", symbol: "log", mount };

function mount(place) {
  const lines = element("div", { class: "log-lines", tabindex: "0", role: "log", "aria-label": "Log", "aria-live": "off" });
  const newest = button("Newest", () => toEnd(lines), { kind: "tight to-newest", symbol: "down", hidden: true });
  const where = element("p", { class: "soft small" });
  let [level, told, shown, follows] = ["info", null, "", true];

  function show() {
    if (!told) return;
    const now = JSON.stringify([told.lines, level]);
    if (now === shown) return;
    shown = now;
    const kept = atLeast(levelled(told.lines), level);
    const top = lines.scrollTop;
    fill(lines, kept.length ? kept.map(([kind, text]) => element("p", { "data-level": kind }, text)) : none(told));
    where.textContent = `${told.path} · ${bytes(told.sizeBytes)} · ${plural(kept.length, "line")} shown`;
    if (follows) toEnd(lines);
    else lines.scrollTop = top;
  }

  async function ask() {
    try {
      told = await api.get(`/dashboard/logs?lines=${LINES}`);
    } catch (problem) {
      if (!told) fill(lines, unavailable(problem, ask)); // what is shown stays, as it was
      return;
    }
    show();
  }

  lines.addEventListener("scroll", () => {
    follows = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_END;
    newest.hidden = follows;
  });
  const page = [
    heading("Log", "What Tidegate did and when. Never what anybody wrote, and no secrets.", [
      choiceBar("Show", LEVELS, level, (value) => {
        level = value;
        show();
      }),
      button("Copy diagnostics", copyDiagnostics, { symbol: "copy" }),
    ]),
    element("section", { class: "card log-box", "aria-label": "Log file" }, [lines, newest]),
    where,
  ];
  fill(place, element("div", { class: "fills" }, page));
  ask();
  const clock = setInterval(ask, AGAIN_MS);
  return () => clearInterval(clock);
}

/** Each line with its level; a line without one belongs to the line above. */
function levelled(lines) {
  let level = "info";
  return lines.map((text) => {
    const found = LINE.exec(text)?.[1].toLowerCase();
    if (found) level = found === "critical" ? "error" : found;
    return [level, text];
  });
}

function atLeast(lines, level) {
  return lines.filter(([kind]) => ORDER.indexOf(kind) >= ORDER.indexOf(level));
}

function toEnd(lines) {
  lines.scrollTop = lines.scrollHeight;
}

async function copyDiagnostics() {
  await copy(await api.text("/dashboard/diagnostics"), "Diagnostics, without secrets,");
}

function none({ note, lines }) {
  return empty("log", lines.length ? "Nothing this serious" : "Nothing yet", note ?? "Choose “Everything” to see more.");
}
