// Which credential is in use, whose terms apply, and how to change it.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { moment, took } from "../format.js";
import { button } from "../parts/button.js";
import { confirmed } from "../parts/dialog.js";
import { card, facts, pill } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { look, wayName } from "../states.js";
import { apiKeyWay, signInWay, TERMS } from "./ways.js";

const CHECKED = "22 August 2026";

export function claudeCard(feed) {
  const now = element("div", { class: "stack", "aria-live": "polite" });
  const account = element("div");
  const node = card("How Tidegate reaches Claude", [
    element("div", { class: "stack" }, [
      now,
      account,
      element("div", { class: "row" }, [
        button("Ask Claude once", () => probe(feed, account)),
        button("Renew the sign-in", () => run(api.post("/auth/refresh", {}, 150_000), feed)),
        button("Sign out", () => signOut(feed), { kind: "quiet" }),
        button("Forget the API key", () => forget(feed), { kind: "quiet" }),
      ]),
      element("div", { class: "ways" }, [apiKeyWay(feed), signInWay(feed)]),
      element("p", { class: "soft small" }, [
        "An API key is a full way in. A plan's sign-in is for its owner, on their own computer: sharing or reselling it is against ",
        element("a", { href: TERMS, target: "_blank", rel: "noreferrer noopener" }, "Anthropic's terms"),
        ` (read on ${CHECKED}). Tidegate is neither made nor endorsed by Anthropic.`,
      ]),
    ]),
  ], { id: "claude" });
  const stop = feed.watch((told) => fill(now, inUse(told)));
  showAccount(account, "/auth/status");
  return { node, leave: stop };
}

function inUse(told) {
  const { tone, symbol, title } = look(told);
  return element("div", { class: "group" }, [
    element("div", { class: "row" }, [element("strong", {}, wayName(told)), pill(title, tone, symbol)]),
    element("p", {}, told.method.sentence),
    element("p", { class: "soft" }, told.state.sentence),
  ]);
}

/** What the signed-in program tells of the account, as far as it does. */
async function showAccount(place, path) {
  const told = await api.get(path).catch(() => null);
  if (!told) return null;
  const proven = told.proven_at ?? null;
  fill(place, facts([
    ["Account", told.email],
    ["Plan", told.subscriptionType ?? told.plan],
    ["Organisation", told.orgName ?? told.organization],
    ["Signed in by", told.authMethod],
    ["Last asked", told.probeMs ? `answered after ${took(told.probeMs / 1000)}` : null],
    ["Proven", proven ? moment(proven) : null],
  ]));
  return told;
}

async function probe(feed, account) {
  const told = await showAccount(account, "/auth/status?probe=1");
  if (told) toast(told.sentence ?? told.probeError ?? "Claude answered.", told.verified === false ? "bad" : "plain");
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
