// Conversations that apps continue by key.

import { api } from "../api.js";
import { callerName, callerNote } from "../callers.js";
import { bar } from "../chart.js";
import { element, fill } from "../element.js";
import { moment, plural, span, whole } from "../format.js";
import { button } from "../parts/button.js";
import { confirmed } from "../parts/dialog.js";
import { empty, heading, keyed, unavailable } from "../parts/page.js";
import { toast } from "../parts/toast.js";

const HEAD = [
  ["Session", ""],
  ["App", "roomy-only"],
  ["Model", "wide-only"],
  ["Messages", "wide-only"],
  ["Last used", "roomy-only"],
  ["Forgotten in", ""],
  ["", ""],
];
const AGAIN_MS = 10_000;

export const sessions = { title: "Sessions", symbol: "sessions", mount };

function mount(place, { feed }) {
  const rows = element("tbody");
  const table = element("table", { hidden: true }, [
    element("caption", { class: "unseen" }, "Sessions, the last used first"),
    element("thead", {}, element("tr", {}, HEAD.map(([text, kind]) =>
      element("th", { scope: "col", class: kind }, text || element("span", { class: "unseen" }, "End"))))),
    rows,
  ]);
  const nothing = element("div");
  const all = button("End all", () => endAll(show), { kind: "danger", hidden: true });

  async function show() {
    let told;
    try {
      told = await api.get("/dashboard/sessions");
    } catch (problem) {
      if (table.hidden) fill(nothing, unavailable(problem, show)); // what is shown stays, as it was
      return;
    }
    keyed(rows, told.sessions, { key: addressOf, create: (one) => sessionRow(one, told.ttlMs / 1000, show) });
    table.hidden = all.hidden = !told.sessions.length;
    fill(nothing, told.sessions.length ? [] : none(told.ttlMs / 1000));
  }

  fill(place, [
    heading("Sessions", "Conversations an app continues by a key of its own (X-Session-Id). Most apps send the whole chat each time and need none.", all),
    element("section", { class: "card table-box", "aria-label": "Sessions" }, [table, nothing]),
  ]);
  show();
  const news = ({ detail }) => detail.type.startsWith("session.") && show();
  feed.addEventListener("news", news);
  const clock = setInterval(show, AGAIN_MS);
  return () => {
    clearInterval(clock);
    feed.removeEventListener("news", news);
  };
}

function addressOf(one) {
  return `${encodeURIComponent(one.app)}/${encodeURIComponent(one.key)}`;
}

function sessionRow(one, ttl, show) {
  const end = async () => {
    await api.remove(`/dashboard/sessions/${addressOf(one)}`);
    toast("Session ended");
    await show();
  };
  return element("tr", {}, [
    element("td", { class: "cell-key" }, element("code", { class: "clip", title: one.key }, one.key)),
    element("td", { class: "cell-app roomy-only" }, element("span", { class: "clip", title: callerNote(one.app) ?? one.app }, callerName(one.app))),
    element("td", { class: "wide-only" }, element("span", { class: "clip" }, one.model)),
    element("td", { class: "wide-only" }, whole(one.messageCount)),
    element("td", { class: "roomy-only" }, moment(Date.parse(one.lastUsedAt) / 1000)),
    element("td", {}, element("span", { class: "left-bar" }, [
      span(one.ttlRemainingSec),
      bar(one.ttlRemainingSec / ttl, "", `${span(one.ttlRemainingSec)} left`),
    ])),
    element("td", { class: "to-right" }, button("End", end, { kind: "tight", "aria-label": `End session ${one.key} of ${callerName(one.app)}` })),
  ]);
}

async function endAll(show) {
  const sentence = "The apps that use them begin anew with their next message. What they show on the screen stays.";
  if (!(await confirmed("End all sessions?", sentence, "End all"))) return;
  const { deleted } = await api.remove("/dashboard/sessions");
  toast(`${plural(deleted, "session")} ended`);
  await show();
}

function none(ttl) {
  return empty("sessions", "No sessions", `When an app continues a conversation by key, it stands here until nobody used it for ${span(ttl).replace(" 0 min", "")}.`);
}
