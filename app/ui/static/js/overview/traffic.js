// The last quarter of an hour, and how much of the plan, or of the key, is used.

import { bar, columns } from "../chart.js";
import { element, fill } from "../element.js";
import { moment, percent, plural, span } from "../format.js";
import { card, empty } from "../parts/page.js";

export function trafficCard() {
  const body = element("div");
  const total = element("span", { class: "soft small number" });
  return {
    node: card("Last 15 minutes", body, { tools: [total] }),
    update({ traffic }) {
      const all = traffic.reduce((sum, minute) => sum + minute.requests, 0);
      const failed = traffic.reduce((sum, minute) => sum + minute.failed, 0);
      const words = `${plural(all, "request")}${failed ? `, ${failed} failed` : ""}`;
      total.textContent = words;
      const values = traffic.map((minute) => ({
        parts: [
          { value: minute.requests - minute.failed, tone: "plain" },
          { value: minute.failed, tone: "bad" },
        ],
        title: `${moment(minute.minute)}: ${plural(minute.requests, "request")}${minute.failed ? `, ${minute.failed} failed` : ""}`,
      }));
      fill(body, [
        columns(values, { rems: 7.4, scale: (most) => `${most} a minute`, label: `Requests a minute: ${words} in the last 15 minutes` }),
        element("div", { class: "chart-ends" }, [
          element("span", {}, traffic.length ? moment(traffic[0].minute) : ""),
          element("span", {}, "now"),
        ]),
      ]);
    },
  };
}

const TONES = { allowed: "", allowed_warning: "warn", rejected: "bad" };

export function windowsCard() {
  const body = element("div", { class: "stack windows" });
  const node = card("Limits", body);
  let shown = null;
  return {
    node,
    update(overview) {
      const { windows } = overview;
      const now = JSON.stringify([windows, overview.method.kind, Math.floor(Date.now() / 60_000)]);
      if (now === shown) return;
      shown = now;
      fill(body, windows.length ? windows.map(planWindow) : nothing(overview.method));
    },
  };
}

function planWindow({ label, used_share: used, resets_at: resets, status }) {
  const full = status === "rejected";
  const left = resets ? resets - Date.now() / 1000 : null;
  const until = resets && left > 0 ? `${full ? "works again" : "resets"} ${moment(resets)} (in ${span(left)})` : "";
  const share = used ?? (full ? 1 : null);
  const words = full ? "used up" : share === null ? "not used up" : `${percent(share)} used`;
  return element("div", { class: "plan-window" }, [
    element("p", {}, [element("strong", {}, label), element("span", { class: "number" }, words)]),
    share !== null && bar(share, TONES[status] || (share > 0.8 ? "warn" : ""), `${label}: ${words}`),
    until && element("p", { class: "soft small" }, until),
  ]);
}

const NOT_YET = "Claude tells with an answer how much of them is used. Nothing is known right now.";
const SILENT = {
  none: "The demo has no limits.",
  account: `Your plan has limits. ${NOT_YET}`,
  oauth_token: `Your plan has limits. ${NOT_YET}`,
  api_key: `Your API key has limits. ${NOT_YET}`,
  kept_key: `Your API key has limits. ${NOT_YET}`,
};

function nothing({ kind }) {
  return empty("clock", "Nothing to show", SILENT[kind] ?? "This way to Claude doesn't tell how much of its limits is used.");
}
