// Which credential is in use, whose terms apply, and how to change it.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { moment, plural, took } from "../format.js";
import { button } from "../parts/button.js";
import { confirmed } from "../parts/dialog.js";
import { card, facts, pill } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { look, verdict, wayName } from "../states.js";
import { apiKeyWay, signInWay, TERMS } from "./ways.js";

const CHECKED = "22 August 2026";
const RENEW_MS = 150_000;

export function claudeCard(feed) {
  const now = element("div");
  const account = element("div");
  const tools = element("div", { class: "row" });
  const signIn = signInWay(feed);
  const ways = { kept_key: apiKeyWay(feed), account: signIn.node };
  const node = card("How Tidegate reaches Claude", [
    element("div", { class: "stack" }, [
      now,
      account,
      tools,
      element("h3", { class: "ways-title" }, "Change it"),
      element("div", { class: "ways" }, Object.values(ways)),
      element("p", { class: "soft small" }, [
        "A plan's sign-in is for its owner, on their own computer: sharing or reselling it is against ",
        element("a", { href: TERMS }, "Anthropic's terms"),
        ` (read on ${CHECKED}). Tidegate is neither made nor endorsed by Anthropic.`,
      ]),
    ]),
  ], { id: "claude" });
  let shown = "";
  const stop = feed.watch((told) => {
    fill(now, inUse(told));
    const kind = told.method.kind;
    const signedOut = told.state.kind === "not_configured";
    if (`${kind} ${signedOut}` === shown) return; // what has the focus keeps it
    shown = `${kind} ${signedOut}`;
    fill(tools, toolsFor(kind, signedOut, feed, account));
    for (const [name, way] of Object.entries(ways)) way.toggleAttribute("data-chosen", name === kind);
    showAccount(account, kind);
  });
  return { node, leave: () => [stop, signIn.leave].forEach((each) => each()) };
}

function inUse(told) {
  const { tone, symbol, title } = look(told);
  return element("div", { class: "group" }, [
    element("div", { class: "row" }, [element("strong", {}, wayName(told)), pill(title, tone, symbol)]),
    element("p", {}, told.method.sentence),
    element("p", { class: "soft" }, told.state.sentence),
  ]);
}

/** Only what makes sense for the way that is in use. */
function toolsFor(kind, signedOut, feed, account) {
  if (kind === "none") return [];
  return [
    button("Ask Claude once", () => probe(feed, account, kind)),
    kind === "account" && button("Renew the sign-in", () => run(api.post("/auth/refresh", {}, RENEW_MS), feed)),
    kind === "account" && !signedOut && button("Sign out", () => signOut(feed), { kind: "quiet" }),
    kind === "kept_key" && button("Forget the API key", () => forget(feed), { kind: "quiet" }),
  ];
}

/** What the signed-in program tells of the account, as far as it does. */
async function showAccount(place, kind, question = "") {
  const told = await api.get(`/auth/status${question}`).catch(() => null);
  if (!told) return null;
  const looks = kind === "account" && told.refreshCount ? told.lastRefresh : null;
  fill(place, facts([
    ["Account", told.email],
    ["Plan", planName(told.subscriptionType ?? told.plan)],
    ["Organisation", told.orgName ?? told.organization],
    ["Signed in by", told.loggedIn === false ? null : told.authMethod],
    ["Last real answer", told.proven_at ? moment(told.proven_at) : null],
    ["Asked just now", told.probeMs ? `answered after ${took(told.probeMs / 1000)}` : null],
    ["Sign-in looked after", looks && `${plural(told.refreshCount, "time")}, last ${moment(looks.at)}${looks.ok ? "" : ": it failed"}`],
  ]));
  return told;
}

/** The program says max where it was asked, and Claude Max where it answers. */
function planName(name) {
  return name && (name.startsWith("Claude ") ? name : `Claude ${name[0].toUpperCase()}${name.slice(1)}`);
}

async function probe(feed, account, kind) {
  const told = await showAccount(account, kind, "?probe=1");
  if (!told) return;
  const { ok, sentence } = verdict(told);
  toast(sentence, ok ? "plain" : "bad");
  feed.soon();
}

async function run(asked, feed) {
  const told = await asked;
  toast(told?.sentence ?? told?.message ?? "Done.", told?.ok === false ? "bad" : "plain");
  feed.soon();
}

async function signOut(feed) {
  const sentence = "The Claude Code program on this computer is signed out too, everywhere it is used.";
  if (await confirmed("Sign out of Claude?", sentence, "Sign out")) await run(api.post("/auth/logout"), feed);
}

async function forget(feed) {
  const sentence = "It is taken out of the keyring. Apps get no more answers by it.";
  if (await confirmed("Forget the API key?", sentence, "Forget it")) await run(api.remove("/dashboard/api-key"), feed);
}
