// What stands at the bottom while changes are not saved: how many, and why they could not be.

import { element, fill } from "../element.js";
import { plural } from "../format.js";
import { button } from "../parts/button.js";

export function saveBar({ save, discard }) {
  const sentence = element("span", { role: "status" });
  const problem = element("span", { class: "problem", role: "alert" });
  const buttons = [button("Discard", discard), button("Save", save, { kind: "main" })];
  const node = element("div", { class: "save-bar", role: "region", "aria-label": "Unsaved changes", hidden: true }, [
    element("div", {}, [sentence, problem]),
    element("span", { class: "row" }, buttons),
  ]);
  return {
    node,
    show(settings, changes) {
      node.hidden = !changes.size;
      fill(problem, []);
      const now = unsaved(settings, changes);
      if (sentence.textContent !== now) sentence.textContent = now; // said once, not at every key
    },
    complain: (why) => fill(problem, why),
  };
}

function unsaved(settings, changes) {
  const later = settings.some(({ name, restart }) => restart && changes.has(name));
  return `${plural(changes.size, "change")} not saved yet${later ? "; works after a restart" : ""}`;
}
