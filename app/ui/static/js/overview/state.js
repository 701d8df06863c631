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
  const method = element("div", { class: "soft small state-method" });
  const actions = element("div", { class: "row state-actions" });
  const spoken = element("p", { class: "unseen", role: "status" });
  const node = element("section", { class: "card state", "aria-label": "State" }, [
    badge,
    element("div", { class: "state-text" }, [title, sentence, method, actions]),
    spoken,
  ]);
  let [shown, told] = ["", null];
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
      const doable = JSON.stringify([overview.state.kind, overview.state.action, overview.paused]);
      if (actions.dataset.shown !== doable) fill(actions, buttons(overview, feed)); // what has the focus keeps it
      actions.dataset.shown = doable;
      if (told !== null && told !== name) spoken.textContent = `${name}. ${sentence.textContent}`; // not at every answer
      told = name;
    },
  };
}

function methodLine(overview) {
  const { state, method } = overview;
  const proven = state.kind !== "proven" && state.proven_at && `Last real answer ${moment(state.proven_at)}`;
  return [
    element("p", {}, [element("a", { href: "#settings/claude" }, wayName(overview)), proven && ` · ${proven}`]),
    element("p", {}, method.sentence),
  ];
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
