// A newer version, while there is one that nobody skipped: what is new in it, and what can be done about it.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button, link } from "../parts/button.js";
import { card, notice } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { carryOut } from "../states.js";

export function updateCard(feed) {
  const node = element("div", { hidden: true });
  let shown = "";
  return {
    node,
    update({ update }) {
      const now = JSON.stringify(update ?? null);
      if (now === shown) return;
      shown = now;
      node.hidden = !update;
      fill(node, update ? offered(update, feed) : []);
    },
  };
}

function offered({ version, page, notes, notice: said }, feed) {
  return card(`Tidegate ${version} is published`, [
    said && notice(said),
    whatIsNew(notes),
    element("div", { class: "row" }, [
      link("Download", page, { kind: "main" }),
      button("Skip this version", () => carryOut("skip_update", feed)),
      button("Never look", () => never(feed), { kind: "quiet" }),
    ]),
  ]);
}

/** The changelog's points; it is plain text however it looks. */
function whatIsNew(notes) {
  const points = notes.split(/^- /m).map((point) => point.replace(/\s+/g, " ").trim()).filter(Boolean);
  return points.length > 0 && element("ul", { class: "points", tabindex: "0", "aria-label": "What is new" }, [
    points.map((point) => element("li", {}, point)),
  ]);
}

/** Also skips this one: who doesn't want to look doesn't want to see what was found either. */
async function never(feed) {
  await api.put("/dashboard/settings", { "updates.check": false });
  await api.post("/dashboard/commands/skip_update");
  toast("Tidegate no longer looks for newer versions. Settings, Updates, brings it back.");
  feed.soon();
}
