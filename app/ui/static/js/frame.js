// The side bar: where one can go, whether Tidegate answers, light or dark.

import { element, fill } from "./element.js";
import { icon } from "./icons.js";
import { iconButton } from "./parts/copy.js";
import { isDark, toggle } from "./theme.js";

const SAID = { connected: "Connected", disconnected: "Disconnected", connecting: "Connecting…" };
const AWAY = "Tidegate doesn't answer: what you see here is from before. This page comes back by itself.";

export function frame(side, { router, pages, live }) {
  const items = Object.entries(pages).filter(([, page]) => page.symbol);
  const links = new Map(items.map(([name, page]) => [name, menuLink(name, page)]));
  const state = element("p", { class: "link-state", "data-state": "connecting" }, SAID.connecting);
  fill(side, [
    element("a", { class: "brand", href: "#overview" }, [
      element("img", { src: "/static/mark.svg", alt: "", width: "32", height: "32" }),
      "Tidegate",
    ]),
    element("nav", { "aria-label": "Pages" }, [
      element("ul", {}, [[...links.values()].map((link) => element("li", {}, link))]),
    ]),
    element("div", { class: "foot" }, [state, themeButton()]),
  ]);
  router.addEventListener("shown", () => mark(links, router.name));
  live.addEventListener("state", () => tell(state, live.connected));
}

function menuLink(name, page) {
  return element("a", { href: `#${name}` }, [icon(page.symbol), page.title]);
}

function mark(links, current) {
  for (const [name, link] of links) {
    if (name === current) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function tell(state, connected) {
  const name = connected ? "connected" : "disconnected";
  state.dataset.state = name;
  state.textContent = SAID[name];
  document.getElementById("banner")?.remove();
  document.getElementById("alarm").textContent = connected ? "" : AWAY;
  if (!connected) {
    const banner = element("section", { class: "banner", id: "banner", "aria-label": "Connection" }, [
      icon("offline"),
      element("span", {}, AWAY),
    ]);
    document.querySelector(".frame").before(banner);
  }
}

function themeButton() {
  const label = () => (isDark() ? "Use light colours" : "Use dark colours");
  const node = iconButton(label(), "moon", toggle);
  const show = () => {
    node.setAttribute("aria-label", label());
    node.title = label();
    fill(node, icon(isDark() ? "sun" : "moon"));
  };
  new MutationObserver(show).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  show();
  return node;
}
