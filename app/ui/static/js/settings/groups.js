// In which group settings stand on the page, and which of them most people never touch.

export const GROUPS = [
  ["server", "Server"],
  ["model", "Models"],
  ["engine", "Engine"],
  ["access", "Access"],
  ["session", "Sessions"],
  ["upkeep", "Upkeep"],
  ["history", "History"],
  ["updates", "Updates"],
  ["tray", "Tray icon"],
  ["log", "Log"],
];

/** Shown at once; all others stand under "More". */
export const USUAL = new Set([
  "server.port",
  "server.ollama",
  "model.default",
  "model.aliases",
  "engine.choice",
  "engine.concurrency",
  "access.any_key",
  "session.ttl_minutes",
  "upkeep.auth_refresh_hours",
  "history.days",
  "updates.check",
  "tray.notifications",
  "tray.icon",
  "log.level",
]);

/** Have a card of their own. */
export const ELSEWHERE = new Set(["access.allowed_origins"]);

const UNITS = { mb: "MB", seconds: "seconds", minutes: "minutes", hours: "hours", days: "days" };
const COUNTED = { "engine.recycle_requests": "answers", "engine.concurrency": "answers", "engine.thinking_allowance": "tokens", "log.files": "files" };

/** What stands behind a number. */
export function unit({ name, unit: told }) {
  return COUNTED[name] ?? (told ? (UNITS[told] ?? told) : null);
}

/** The groups that have something to show, in their order; one that nobody thought of stands at the end. */
export function grouped(settings) {
  const names = settings.map(({ name }) => name).filter((name) => !ELSEWHERE.has(name));
  const known = new Map(GROUPS);
  const there = new Set(names.map((name) => name.split(".")[0]));
  const rest = [...there].filter((group) => !known.has(group));
  return [...GROUPS.filter(([group]) => there.has(group)), ...rest.map((group) => [group, group])];
}
