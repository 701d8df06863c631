// A card for each chat app: what to paste where, what won't work, and a test.

import { api } from "../api.js";
import { connectDetail } from "../connect/detail.js";
import { element, fill } from "../element.js";
import { icon } from "../icons.js";
import { empty, heading, pill, unavailable } from "../parts/page.js";

export const WORKS = {
  yes: ["Works", "good", "check"],
  partly: ["With limits", "warn", "partly"],
  untried: ["Not tried", "info", "partly"],
  no: ["Won't work", "bad", "cross"],
};

const GROUPS = [
  ["chat", "Chat apps"],
  ["tool", "Editors, agents, automation"],
  ["any", "Any other app"],
];

export const connect = { title: "Connect", symbol: "connect", mount };

function mount(place, { feed }, part) {
  let apps = null;
  let wanted = "";
  let asked = "";
  const grid = element("div", { class: "stack" });

  function showGrid() {
    const found = apps.filter((app) => `${app.name} ${app.sentence}`.toLowerCase().includes(wanted));
    fill(grid, found.length ? GROUPS.map(([group, title]) => appGroup(title, found.filter((app) => app.group === group))) : empty("search", "Not in the list", "Any app that lets you enter an address and a key for OpenAI's interface works: use “Another app”."));
  }

  async function load() {
    try {
      apps = (await api.get("/dashboard/connect")).apps;
    } catch (problem) {
      fill(part ? place : grid, [part && heading("Connect an app"), unavailable(problem, load)]);
      return;
    }
    const app = apps.find((one) => one.id === part);
    if (app) fill(place, connectDetail(app));
    else if (part) fill(place, [heading("Connect an app"), noSuchApp()]);
    else showGrid();
  }

  if (!part) {
    const search = searchBox((text) => {
      wanted = text.toLowerCase();
      if (apps) showGrid();
    });
    fill(place, [
      heading("Connect an app", "Choose your app. Each card holds exactly what to paste, and says what won't work.", search),
      grid,
    ]);
  }
  load();
  return feed.watch(({ api_base: base, default_model: model }) => {
    const now = `${base} ${model}`;
    if (asked && asked !== now && !part) load(); // the address or the model changed
    asked = now;
  });
}

function noSuchApp() {
  const all = element("a", { class: "button", href: "#connect" }, "All apps");
  return empty("search", "There is no card for this app", "Any app that lets you enter an address and a key works.", all);
}

function appGroup(title, apps) {
  if (!apps.length) return null;
  return element("section", { class: "app-group", "aria-label": title }, [
    element("h2", {}, title),
    element("div", { class: "app-grid" }, apps.map(appCard)),
  ]);
}

function appCard({ id, name, works, sentence }) {
  return element("a", { class: "card app-card", href: `#connect/${encodeURIComponent(id)}` }, [
    element("span", {}, [element("strong", {}, name), pill(...WORKS[works])]),
    element("span", { class: "soft small" }, sentence),
  ]);
}

function searchBox(ask) {
  const input = element("input", { class: "input", type: "search", placeholder: "Name of the app", "aria-label": "Search apps" });
  input.addEventListener("input", () => ask(input.value.trim()));
  return element("div", { class: "search" }, [icon("search"), input]);
}
