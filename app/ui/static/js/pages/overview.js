// How things stand, at a glance.

import { element, fill } from "../element.js";
import { plural } from "../format.js";
import { button } from "../parts/button.js";
import { heading, notice, unavailable } from "../parts/page.js";
import { carryOut } from "../states.js";
import { addressCard } from "../overview/address.js";
import { figures } from "../overview/figures.js";
import { stateCard } from "../overview/state.js";
import { spendingCard } from "../overview/spending.js";
import { trafficCard, windowsCard } from "../overview/traffic.js";
import { updateCard } from "../overview/update.js";

export const overview = { title: "Overview", symbol: "overview", mount };

function mount(place, { feed }, part) {
  const notices = element("div", { class: "stack notices", "aria-live": "polite" });
  const parts = [
    stateCard(feed), addressCard(), figures(feed), trafficCard(), windowsCard(), spendingCard(), updateCard(feed),
  ];
  const [state, address, numbers, traffic, windows, spending, update] = parts.map(({ node }) => node);
  const server = element("p", { class: "soft small server-line" });
  fill(place, [
    element("div", { class: "unseen" }, heading("Overview")),
    element("div", { class: "stack overview", "aria-busy": "true" }, [
      notices,
      element("div", { class: "pair" }, [state, address]),
      update,
      numbers,
      element("div", { class: "pair even" }, [traffic, windows]),
      spending,
      server,
    ]),
  ]);
  const failed = () => feed.overview || fill(notices, unavailable(feed.problem, () => feed.now()));
  feed.addEventListener("problem", failed);
  if (feed.problem) failed();
  let said = "";
  const stop = feed.watch((told) => {
    for (const { update } of parts) update(told);
    const text = JSON.stringify(told.notices);
    if (text !== said) fill(notices, told.notices.map((one) => noticeLine(one, feed)));
    said = text;
    fill(server, serverLine(told));
    place.querySelector(".overview").removeAttribute("aria-busy");
  });
  if (part === "limits") windows.scrollIntoView?.({ block: "center" });
  return () => {
    stop();
    feed.removeEventListener("problem", failed);
    for (const { leave } of parts) leave?.();
  };
}

function noticeLine({ kind, sentence, action }, feed) {
  const tone = kind === "engine" || kind === "sign_in" ? "warn" : "info";
  const known = { restart: "Restart", probe: "Try it", sign_in: "Sign in", set_up: "Set up", refresh: "Refresh", pages: "Decide" };
  const help = known[action] && button(known[action], () => carryOut(action, feed), { kind: "tight" });
  return notice(sentence, tone, help ?? null);
}

function serverLine({ build, engine, address, sessions }) {
  const engines = { agent: "Claude Agent SDK", direct: "Messages API", demo: "demo" };
  return [
    `Tidegate ${build.version}`,
    build.platform,
    `Python ${build.python}`,
    `engine: ${engines[engine] ?? engine}${build.cli ? ` with Claude Code ${build.cli}` : ""}`,
    `server: ${address}`,
    sessions ? plural(sessions, "session") : null,
  ].filter(Boolean).join("  ·  ");
}
