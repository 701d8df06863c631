// The first start, in three steps: a way to Claude, starting by itself, the first app.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button } from "../parts/button.js";
import { card, notice } from "../parts/page.js";
import { attempt, toast } from "../parts/toast.js";
import { apiKeyWay, demoWay, signedInWay, signInWay, TERMS } from "../settings/ways.js";
import { autostartSwitch } from "../settings/running.js";
import { wayName } from "../states.js";
import { WORKS } from "./connect.js";
import { pill } from "../parts/page.js";
import { addressCard } from "../overview/address.js";

const STEPS = ["Reach Claude", "Starting up", "Your first app"];
const FIRST_APPS = 8;

export const welcome = { title: "Welcome", symbol: null, mount };

function mount(place, { feed }, part) {
  const step = Math.min(STEPS.length, Math.max(1, Number(part) || 1));
  const body = element("div", { class: "stack" });
  const contents = [reach, starting, firstApp][step - 1](feed, body);
  fill(place, element("div", { class: "welcome" }, [
    element("div", { class: "welcome-head" }, [
      element("img", { src: "/static/mark.svg", alt: "", width: "56", height: "56" }),
      element("div", {}, [
        element("h1", { tabindex: "-1" }, step === 1 ? "Welcome to Tidegate" : STEPS[step - 1]),
        element("p", { class: "soft" }, "Your chat apps talk to Tidegate, Tidegate talks to Claude. Three steps, and nothing is final."),
      ]),
    ]),
    element("ol", { class: "progress", "aria-label": "Steps" }, STEPS.map((title, place_) =>
      element("li", { class: place_ + 1 < step ? "done" : "", "aria-current": place_ + 1 === step ? "step" : null }, `${place_ + 1}. ${title}`))),
    body,
    footer(step),
  ]));
  return contents ?? (() => {});
}

const next = (step) => () => {
  location.hash = `#welcome/${step}`;
};

function reach(feed, body) {
  const onward = (sentence) => {
    if (sentence) toast(sentence); // where it stood goes with this step
    next(2)();
  };
  const state = element("div", { "aria-live": "polite" });
  const signIn = signInWay(feed, onward);
  fill(body, [
    state,
    element("h2", {}, "How should Tidegate reach Claude?"),
    element("div", { class: "ways" }, [apiKeyWay(feed, onward), signedInWay(feed, onward), signIn.node, demoWay(next(2))]),
    element("p", { class: "soft small" }, [
      "With a key or a sign-in you use your own account, and ",
      element("a", { href: TERMS }, "Anthropic's terms"),
      " apply to it. You can change it at any time in the settings.",
    ]),
  ]);
  const stop = feed.watch(({ state: now, method }) => {
    const there = now.kind === "proven" || now.kind === "signed_in" || now.kind === "configured";
    fill(state, there ? notice(`${wayName({ method })}: ${now.sentence} You can go on.`, now.kind === "proven" ? "good" : "info") : []);
  });
  return () => [stop, signIn.leave].forEach((each) => each());
}

function starting(feed, body) {
  const place = element("div");
  let shown;
  fill(body, card("When should Tidegate run?", element("div", { class: "stack" }, [
    place,
    element("p", { class: "soft" }, "Your apps get answers only while Tidegate runs. Without this, start it from your programs whenever you want to chat."),
  ])));
  return feed.watch(({ autostart }) => {
    if (autostart === shown && place.firstChild) return;
    shown = autostart;
    fill(place, autostartSwitch(feed, autostart));
  });
}

function firstApp(feed, body) {
  const address = addressCard();
  const grid = element("div", { class: "app-grid" });
  fill(body, [element("p", {}, "Choose your app to see what to paste where, and to test it:"), grid, address.node]);
  attempt(() => api.get("/dashboard/connect")).then((told) => {
    const apps = (told?.apps ?? []).filter(({ works }) => works !== "no").slice(0, FIRST_APPS);
    fill(grid, apps.map(({ id, name, works }) =>
      element("a", { class: "card app-card", href: `#connect/${encodeURIComponent(id)}` },
        element("span", {}, [element("strong", {}, name), pill(...WORKS[works])]))));
  });
  return feed.watch((told) => address.update(told));
}

function footer(step) {
  const go = (to) => () => {
    location.hash = to;
  };
  return element("div", { class: "wizard-foot" }, [
    step > 1 ? button("Back", next(step - 1)) : button("Skip all this", go("#overview"), { kind: "quiet" }),
    step < STEPS.length ? button("Next", next(step + 1), { kind: "main" }) : button("Finish", go("#overview"), { kind: "main" }),
  ]);
}
