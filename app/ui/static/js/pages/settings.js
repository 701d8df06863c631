// Everything that can be changed, each with its reason.

import { element, fill } from "../element.js";
import { heading } from "../parts/page.js";
import { claudeCard } from "../settings/claude.js";
import { keysCard } from "../settings/keys.js";
import { originsCard } from "../settings/origins.js";
import { runningCard } from "../settings/running.js";
import { settingCards } from "../settings/values.js";

const FIRST = [
  ["claude", "Claude"],
  ["keys", "Keys"],
  ["pages", "Web pages"],
  ["running", "Start and stop"],
];

export const settings = { title: "Settings", symbol: "settings", mount };

function mount(place, { feed }, part) {
  const contents = element("nav", { class: "contents", "aria-label": "Settings" });
  const go = (id, { focus = true } = {}) => {
    const target = document.getElementById(id);
    for (const link of contents.children) {
      if (link.dataset.id === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    target?.scrollIntoView({ block: "start" });
    if (focus && target) {
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
  };
  const listed = (entries) => fill(contents, entries.map(([id, title]) => contentLink(id, title, go)));
  const values = settingCards(feed, (groups) => {
    listed([...FIRST, ...groups]);
    if (part) go(part, { focus: false });
    part = ""; // once: saving later must not scroll
  });
  const parts = [claudeCard(feed), keysCard(), originsCard(feed), runningCard(feed), values];
  listed(FIRST);
  fill(place, [
    heading("Settings"),
    element("div", { class: "settings" }, [contents, element("div", { class: "stack" }, parts.map(({ node }) => node))]),
  ]);
  if (part) go(part, { focus: false });
  return {
    leave: () => {
      for (const { leave } of parts) leave?.();
    },
    go: (wanted) => (wanted ? go(wanted) : window.scrollTo(0, 0)),
    isHeld: values.isHeld,
    mayLeave: values.mayLeave,
  };
}

/** Moves within the page without mounting it anew, which would forget unsaved changes. */
function contentLink(id, title, go) {
  const link = element("a", { href: `#settings/${id}`, "data-id": id }, title);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `#settings/${id}`);
    go(id);
  });
  return link;
}
