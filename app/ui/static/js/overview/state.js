// The state in one sentence, and the one button that helps.

import { element, fill } from "../element.js";
import { moment } from "../format.js";
import { icon } from "../icons.js";
import { button } from "../parts/button.js";
import { carryOut, look, wayName } from "../states.js";

export function stateCard(feed) {
  const badge = element("div", { class: "state-badge" });
  const title = element("h2", { class: "state-title" });
  const sentence = element("p", { class: "state-sentence" });
  const method = element("p", { class: "soft small" });
  const actions = element("div", { class: "row state-actions" });
  const node = element("section", { class: "card state", "aria-label": "State", "aria-live": "polite" }, [
    badge,
    element("div", { class: "state-text" }, [title, sentence, method, actions]),
  ]);
  let shown = "";
  return {
    node,
    update(overview) {
      const now = JSON.stringify([overview.state, overview.paused, overview.method]);
      if (now === shown) return;
      shown = now;
      const { tone, symbol, title: name } = look(overview);
      node.dataset.tone = tone;
      fill(badge, icon(symbol));
      title.textContent = name;
      sentence.textContent = overview.paused ? "New questions are refused until you resume." : overview.state.sentence;
      fill(method, methodLine(overview));
      fill(actions, buttons(overview, feed));
    },
  };
}

function methodLine(overview) {
  const { state } = overview;
  const proven = state.kind !== "proven" && state.proven_at && `Last real answer ${moment(state.proven_at)}`;
  return [element("a", { href: "#settings/claude" }, wayName(overview)), proven && ` · ${proven}`];
}

function buttons(overview, feed) {
  const { action, kind } = overview.state;
  const run = (command) => () => carryOut(command, feed);
  const helpful = action && kind !== "proven";
  return [
    helpful && !overview.paused && button(action.label, run(action.command), { kind: "main" }),
    overview.paused
      ? button("Resume", run("resume"), { kind: "main", symbol: "play" })
      : button("Pause", run("pause"), { symbol: "pause" }),
  ];
}
