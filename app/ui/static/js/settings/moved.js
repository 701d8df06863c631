// The server goes to another port, and this page with it once the old address no longer answers.

import { element, fill } from "../element.js";
import { button } from "../parts/button.js";
import { dialog } from "../parts/dialog.js";

const ARRIVED_MS = 1_500;

/** `outcome`: what came of the change; `feed.live` knows whether the old address still answers. */
export function moved({ address, apps_to_update: apps }, { live }) {
  const port = new URL(address).port;
  const there = `${location.protocol}//${location.hostname}:${port}/${location.hash}`; // the cookie belongs to the name
  const foot = element("div", { class: "dialog-foot", "aria-live": "polite" }, element("span", { class: "soft" }, "Moving…"));
  const arrive = () =>
    setTimeout(() => {
      if (apps.length) fill(foot, button("Go there", () => location.assign(there), { kind: "main" }));
      else location.assign(there);
    }, ARRIVED_MS);
  const gone = () => {
    if (live.connected) return;
    live.removeEventListener("state", gone);
    arrive();
  };
  live.addEventListener("state", gone);
  gone(); // it may have been quicker than its own answer
  const node = dialog("Tidegate moves", [
    element("p", {}, ["From now on it answers at ", element("code", {}, `${address}/v1`), "."]),
    apps.length > 0 && element("div", { class: "group" }, [
      element("p", {}, "Give these apps the new address, or they get no more answers:"),
      element("ul", { class: "lines" }, apps.map((app) =>
        element("li", {}, element("strong", {}, app === "default" ? "every app that uses the shared key" : app)))),
    ]),
    foot,
  ]);
  node.dataset.stays = "";
}
