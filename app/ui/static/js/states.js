// How the state of the way to Claude looks, and what its one button does.

import { api } from "./api.js";
import { toast } from "./parts/toast.js";

const LOOKS = {
  proven: { tone: "good", symbol: "check", title: "Working" },
  signed_in: { tone: "info", symbol: "person", title: "Signed in" },
  configured: { tone: "info", symbol: "key", title: "Not tried yet" },
  limited: { tone: "warn", symbol: "clock", title: "Limit reached" },
  not_configured: { tone: "warn", symbol: "connect", title: "Not set up yet" },
  expired: { tone: "bad", symbol: "person", title: "Sign-in needed" },
  refused: { tone: "bad", symbol: "cross", title: "Refused" },
  offline: { tone: "bad", symbol: "offline", title: "No connection" },
  engine_missing: { tone: "bad", symbol: "warning", title: "Engine missing" },
};
const PAUSED = { tone: "warn", symbol: "pause", title: "Paused" };
const UNKNOWN = { tone: "info", symbol: "gate", title: "Tidegate" };
const PLACES = { set_up: "#welcome", sign_in: "#settings/claude", dashboard: "#overview/limits", pages: "#settings/pages" };
const DONE = "Done.";
const ASK_MS = 150_000;

export function look(overview) {
  return overview.paused ? PAUSED : (LOOKS[overview.state.kind] ?? UNKNOWN);
}

const WAYS = {
  none: "No way to Claude yet",
  api_key: "API key of the environment",
  auth_token: "Token of the environment",
  oauth_token: "Claude Code token of the environment",
};

/** The way to Claude by its name; there may be none yet. */
export function wayName({ method }) {
  return WAYS[method.kind] ?? method.label;
}

/** Does what a button's command says: goes to a page, or asks the server. */
export async function carryOut(command, feed) {
  if (PLACES[command]) {
    location.hash = PLACES[command];
    return;
  }
  const outcome =
    command === "probe"
      ? await probed()
      : await api.post(`/dashboard/commands/${encodeURIComponent(command)}`, {}, ASK_MS);
  toast(outcome?.sentence ?? DONE, outcome?.ok === false ? "bad" : "plain");
  feed.soon();
}

async function probed() {
  return verdict(await api.get("/auth/status?probe=1"));
}

/** What came of asking Claude once; why it didn't answer comes before what was known of it anyway. */
export function verdict({ verified, sentence, probeError }) {
  return { ok: verified === true, sentence: (verified === true ? sentence : (probeError ?? sentence)) ?? DONE };
}
