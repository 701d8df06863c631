// Every setting there is, by group; what was changed is saved together.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { plural } from "../format.js";
import { button } from "../parts/button.js";
import { dialog } from "../parts/dialog.js";
import { card, notice } from "../parts/page.js";
import { attempt, toast } from "../parts/toast.js";
import { carryOut } from "../states.js";
import { settingField } from "./field.js";
import { ELSEWHERE, GROUPS, USUAL } from "./names.js";

const MOVE_MS = 2_500;

/** The node fills itself; `found(groups)` is told which groups there are. */
export function settingCards(feed, found) {
  const node = element("div", { class: "stack" });
  const changes = new Map();
  const bar = element("div", { class: "save-bar", role: "region", "aria-label": "Unsaved changes", hidden: true });
  const restart = element("div", { "aria-live": "polite" });
  let told = [];

  async function show() {
    const answer = await attempt(() => api.get("/dashboard/settings"));
    if (!answer) return;
    told = answer.settings;
    changes.clear();
    bar.hidden = true;
    const groups = GROUPS.filter(([group]) => shown(told, group).length);
    fill(node, [restart, groups.map(([group, title]) => groupCard(group, title, shown(told, group), note)), bar]);
    found(groups);
  }

  function note(name, value) {
    const before = told.find((one) => one.name === name);
    if (JSON.stringify(before.value) === JSON.stringify(value)) changes.delete(name);
    else changes.set(name, value);
    bar.hidden = !changes.size;
    fill(bar, [
      element("span", { role: "status" }, unsaved(told, changes)),
      element("span", { class: "row" }, [button("Discard", show), button("Save", save, { kind: "main" })]),
    ]);
  }

  async function save() {
    if (node.querySelector(":invalid")) {
      node.querySelector(":invalid").reportValidity();
      return;
    }
    const outcome = await api.put("/dashboard/settings", Object.fromEntries(changes));
    toast("Saved");
    if (outcome.needs_restart) {
      fill(restart, notice("Some of what you changed works after a restart.", "warn", button("Restart now", () => carryOut("restart", feed), { kind: "tight" })));
    }
    if (outcome.address) moved(outcome);
    else await show();
    feed.soon();
  }

  show();
  return { node };
}

function unsaved(settings, changes) {
  const later = settings.some(({ name, restart }) => restart && changes.has(name));
  return `${plural(changes.size, "change")} not saved yet${later ? "; works after a restart" : ""}`;
}

function shown(settings, group) {
  return settings.filter(({ name }) => name.startsWith(`${group}.`) && !ELSEWHERE.has(name));
}

function groupCard(group, title, settings, note) {
  const usual = settings.filter(({ name }) => USUAL.has(name)).map((one) => settingField(one, note));
  const rest = settings.filter(({ name }) => !USUAL.has(name)).map((one) => settingField(one, note));
  return card(title, [
    usual,
    rest.length > 0 && element("details", { class: "rest" }, [element("summary", {}, `More (${rest.length})`), rest]),
  ], { id: group });
}

/** The server goes to another address, and this page with it. */
function moved({ address, apps_to_update: apps }) {
  const there = `${address}/${location.hash}`;
  dialog("Tidegate moves", [
    element("p", {}, ["From now on it answers at ", element("code", {}, `${address}/v1`), "."]),
    apps.length > 0 && element("div", { class: "group" }, [
      element("p", {}, "Give these apps the new address, or they get no more answers:"),
      element("ul", { class: "lines" }, apps.map((app) => element("li", {}, element("strong", {}, app)))),
    ]),
    element("div", { class: "dialog-foot" }, button("Go there", () => location.assign(there), { kind: "main" })),
  ]);
  if (!apps.length) setTimeout(() => location.assign(there), MOVE_MS);
}
