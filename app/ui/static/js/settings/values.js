// Every setting there is, by group; what was changed is saved together.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button } from "../parts/button.js";
import { mayLeave } from "../parts/guard.js";
import { card, notice } from "../parts/page.js";
import { attempt, toast } from "../parts/toast.js";
import { carryOut } from "../states.js";
import { settingField } from "./field.js";
import { ELSEWHERE, grouped, USUAL } from "./groups.js";
import { moved } from "./moved.js";
import { saveBar } from "./save_bar.js";

/** The node fills itself; `found(groups)` is told which groups there are. */
export function settingCards(feed, found) {
  const node = element("div", { class: "stack" });
  const changes = new Map();
  const bar = saveBar({ save, discard });
  const restart = element("div", { "aria-live": "polite" });
  const open = new Set();
  let [told, last] = [[], null];

  async function show() {
    const answer = await attempt(() => api.get("/dashboard/settings"));
    if (!answer) return;
    told = answer.settings;
    changes.clear();
    bar.show(told, changes);
    fill(restart, answer.waiting?.length ? restartNotice(answer.waiting, told, feed) : []);
    const groups = grouped(told);
    fill(node, [restart, groups.map(([group, title]) => groupCard(group, title, told, note, open)), bar.node]);
    if (last) document.getElementById(last)?.focus({ preventScroll: true });
    found(groups);
  }

  function note(name, value) {
    const before = told.find((one) => one.name === name);
    if (JSON.stringify(before.value) === JSON.stringify(value)) changes.delete(name);
    else changes.set(name, value);
    last = document.activeElement?.id || last;
    bar.show(told, changes);
  }

  /** Resolves to whether all is saved. */
  async function save() {
    const wrong = node.querySelector(":invalid");
    if (wrong) {
      wrong.closest("details")?.setAttribute("open", "");
      wrong.reportValidity();
      return false;
    }
    let outcome;
    try {
      outcome = await api.put("/dashboard/settings", Object.fromEntries(changes));
    } catch (problem) {
      bar.complain(problem.message);
      return false;
    }
    toast("Saved");
    if (outcome.address) {
      changes.clear();
      bar.show(told, changes);
      moved(outcome, feed);
    } else {
      await show();
    }
    feed.soon();
    return true;
  }

  function discard() {
    toast("Everything is as it was.");
    return show();
  }

  show();
  return {
    node,
    isHeld: () => changes.size > 0,
    mayLeave: () => mayLeave({ count: changes.size, save, discard: () => changes.clear() }),
  };
}

function restartNotice(waiting, settings, feed) {
  const titles = settings.filter(({ name }) => waiting.includes(name)).map(({ words }) => words.title);
  const again = button("Restart now", () => carryOut("restart", feed), { kind: "tight" });
  return notice(`Changed, and works after a restart: ${titles.join(", ")}.`, "warn", again);
}

function groupCard(group, title, settings, note, open) {
  const own = settings.filter(({ name }) => name.startsWith(`${group}.`) && !ELSEWHERE.has(name));
  const usual = own.filter(({ name }) => USUAL.has(name)).map((one) => settingField(one, note));
  const rest = own.filter(({ name }) => !USUAL.has(name)).map((one) => settingField(one, note));
  const keep = ({ target }) => (target.open ? open.add(group) : open.delete(group));
  return card(title, [
    usual,
    rest.length > 0 && element("details", { class: "rest", open: open.has(group), on: { toggle: keep } }, [
      element("summary", {}, `More (${rest.length})`),
      rest,
    ]),
  ], { id: group });
}
