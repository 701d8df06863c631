// One app: fields to paste, steps, and the test that sends what this app would send.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { icon } from "../icons.js";
import { button } from "../parts/button.js";
import { copyField } from "../parts/copy.js";
import { card, heading, notice, pill } from "../parts/page.js";
import { WORKS } from "../pages/connect.js";

const TEST_MS = 180_000;

export function connectDetail(app) {
  return [
    element("p", { class: "small" }, element("a", { href: "#connect" }, "‹ All apps")),
    heading(app.name, app.sentence, [], pill(...WORKS[app.works])),
    app.fields.length > 0 &&
      element("div", { class: "connect-detail" }, [
        card("Paste this", element("div", { class: "fields" }, app.fields.map(field))),
        element("div", { class: "stack" }, [
          app.steps.length > 0 &&
            card("Step by step", element("ol", { class: "steps" }, app.steps.map((step) => element("li", {}, step)))),
          app.test && testCard(app),
        ]),
      ]),
  ];
}

function field({ label, value, copy, secret, multiline }) {
  const options = { secret, tall: multiline };
  return element("div", {}, [
    element("p", { class: "small" }, label),
    copy ? copyField(label, value, options) : element("p", { class: "fixed" }, value),
  ]);
}

function testCard(app) {
  const result = element("div", { class: "stack", "aria-live": "polite" });
  const run = async () => {
    fill(result, element("p", { class: "soft" }, "Asking…"));
    const outcome = await api
      .post(`/dashboard/connect/${encodeURIComponent(app.id)}/test`, {}, TEST_MS)
      .catch((problem) => ({ ok: false, sentence: problem.message, steps: [] }));
    fill(result, verdict(outcome));
  };
  return card("Test", [
    element("p", { class: "soft small" }, `Sends what ${app.name} would send, through the real server, and asks for one word.`),
    element("div", { class: "row test-row" }, button("Run the test", run, { kind: "main", symbol: "play" })),
    result,
  ]);
}

function verdict({ ok, sentence, detail, steps = [] }) {
  return [
    notice(sentence, ok ? "good" : "bad"),
    steps.length > 0 && element("ul", { class: "outcomes" }, steps.map(stepLine)),
    detail && element("details", {}, [
      element("summary", {}, "Details"),
      element("pre", { class: "raw", tabindex: "0" }, detail),
    ]),
  ];
}

/** A step is a sentence, or {ok, sentence, detail}. */
function stepLine(step) {
  const { ok = true, sentence, detail } = typeof step === "string" ? { sentence: step } : step;
  return element("li", { "data-tone": ok ? "good" : "bad" }, [
    icon(ok ? "check" : "cross"),
    element("span", {}, [!ok && element("span", { class: "unseen" }, "Failed: "), sentence]),
    detail && element("span", { class: "soft small" }, detail),
  ]);
}
