// The ways to reach Claude. Used by the settings and by the welcome; whose terms apply is said with each.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { icon } from "../icons.js";
import { button, link } from "../parts/button.js";
import { notice } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { verdict } from "../states.js";

const CHECK_MS = 60_000;
const SIGN_IN_MS = 180_000;
const UNDER_WAY = "A sign-in is under way. Paste here the code its page shows, if it shows one.";
export const TERMS = "https://code.claude.com/docs/en/legal-and-compliance";

export function apiKeyWay(feed, done = () => {}) {
  const input = element("input", {
    class: "input fixed",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "sk-ant-…",
    "aria-label": "Anthropic API key",
    required: true,
  });
  const result = element("div", { "aria-live": "polite" });
  const save = element("button", { class: "button main", type: "submit" }, "Check and use");
  const form = element("form", { class: "stack tight-stack" }, [input, save, result]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(result, element("p", { class: "soft small" }, "Asking Anthropic whether the key is good…"));
    const told = await outcome(api.post("/dashboard/api-key", { key: input.value.trim() }, CHECK_MS));
    if (told.ok) form.reset(); // an empty field would count as a wrong one
    const sentence = told.ok && told.last_four ? `${told.sentence} It ends in ${told.last_four}.` : told.sentence;
    fill(result, notice(sentence, told.ok ? "good" : "bad"));
    feed.soon();
    if (told.ok) done(sentence);
  });
  return way("key", "An Anthropic API key", [
    "You pay Anthropic for what you use, under its Commercial Terms. The key is checked once and kept in this computer's keyring; nobody can read it here again.",
  ], form);
}

/** Shows the sign-in that is under way, wherever it was begun. `leave` ends its watch over that. */
export function signInWay(feed, done = () => {}) {
  const place = element("div", { class: "stack tight-stack", "aria-live": "polite" });
  let shown = null; // the page whose code can be given here
  let told = null; // the one the server spoke of last
  const show = (url, sentence) => {
    shown = url;
    fill(place, [element("p", {}, sentence), link("Open Anthropic's page", url, { kind: "main", symbol: "away" }), codeForm(feed, signedIn), giveUp(end, start)]);
  };
  const end = (sentence, tone) => {
    shown = null;
    fill(place, sentence ? notice(sentence, tone) : []);
  };
  const signedIn = (sentence) => {
    end(sentence, "good");
    done(sentence);
  };
  const start = button("Sign in with Claude Code", async () => {
    const { url, sentence } = await outcome(api.post("/auth/login", {}, CHECK_MS));
    if (url) show(url, sentence);
    else end(sentence, "warn");
  });
  const leave = feed.watch(({ sign_in_page: page }) => {
    if (page === told) return; // what was begun here a moment ago may not have been spoken of yet
    told = page;
    if (page && page !== shown) show(page, UNDER_WAY);
    else if (!page && shown) end();
  });
  const node = way("person", "Sign in through Claude Code", [
    "Starts the unmodified Claude Code program's own sign-in, on Anthropic's page. For your own plan, on your own computer, under Anthropic's terms for it. Tidegate never sees your password or token.",
  ], [start, place]);
  return { node, leave };
}

export function signedInWay(feed, done = () => {}) {
  const place = element("div", { "aria-live": "polite" });
  const check = button("Check the sign-in", async () => {
    const { ok, sentence } = verdict(await api.get("/auth/status?probe=1"));
    fill(place, notice(sentence, ok ? "good" : "warn"));
    feed.soon();
    if (ok) done(sentence);
  });
  return way("check", "Already signed in to Claude Code", [
    "Then there is nothing to do: Tidegate asks the program you are signed in to. The check spends one tiny request.",
  ], [check, place]);
}

export function demoWay(done = () => {}) {
  return way("gate", "Just look around first", [
    "The demo model repeats what you write. It costs nothing and contacts nobody: good for setting up an app before you have an account.",
  ], button("Use the demo for now", done));
}

function codeForm(feed, signedIn) {
  const input = element("input", { class: "input fixed", autocomplete: "off", required: true, "aria-label": "Code from the page", placeholder: "Code, if the page shows one" });
  const form = element("form", { class: "inline-form" }, [input, element("button", { class: "button", type: "submit" }, "Send")]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = await outcome(api.post("/auth/login/code", { code: input.value.trim() }, SIGN_IN_MS));
    feed.soon();
    if (told.ok) signedIn(told.sentence);
    else toast(told.sentence, "bad");
  });
  return form;
}

function giveUp(end, start) {
  return button("Cancel", async () => {
    const told = await outcome(api.post("/auth/login/cancel"));
    start.focus(); // the button that had it is gone
    end(told.sentence, told.ok ? "info" : "warn");
  });
}

async function outcome(asked) {
  try {
    return await asked;
  } catch (problem) {
    return { ok: false, sentence: problem.message };
  }
}

function way(symbol, title, sentences, tools) {
  return element("section", { class: "way", "aria-label": title }, [
    element("h3", {}, [icon(symbol), title]),
    sentences.map((sentence) => element("p", { class: "soft small" }, sentence)),
    tools,
  ]);
}
