// When Tidegate runs: with the computer, again, not now, no more.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button, toggle } from "../parts/button.js";
import { confirmed } from "../parts/dialog.js";
import { card } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { carryOut } from "../states.js";

export function runningCard(feed) {
  const start = element("div");
  let shown;
  const stop = feed.watch(({ autostart }) => {
    if (autostart === shown) return;
    shown = autostart;
    fill(start, autostartSwitch(feed, autostart));
  });
  return {
    node: card("Start and stop", element("div", { class: "stack" }, [
      start,
      element("div", { class: "row" }, [
        button("Restart Tidegate", () => carryOut("restart", feed)),
        button("Quit Tidegate", () => quit(feed), { kind: "danger" }),
      ]),
    ]), { id: "running" }),
    leave: stop,
  };
}

/** on: true, false, null where this system can't, undefined where the server doesn't say. */
export function autostartSwitch(feed, on) {
  const note = on === null ? "Tidegate can't be started at login here." : "Off until you say so; your system's own settings can take it back.";
  return toggle("Start when I log in", { on: on === true, disabled: on === null, note }, async (wanted) => {
    const told = await api.post("/dashboard/commands/autostart", { on: wanted });
    toast(told.sentence, told.ok ? "plain" : "bad");
    feed.soon();
    return told.ok;
  });
}

async function quit(feed) {
  const sentence = "Apps get no more answers until you start Tidegate again. Their settings stay as they are.";
  if (await confirmed("Quit Tidegate?", sentence, "Quit")) await carryOut("quit", feed);
}
