// What settings are called on the page, in which group they stand, and which of them most people never touch.

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

const NAMES = {
  "server.host": "Listen on",
  "server.port": "Port",
  "server.body_limit_mb": "Largest request",
  "server.body_seconds": "Time to send a request",
  "server.drain_seconds": "Time for running answers when closing",
  "server.hard_exit_seconds": "Close at the latest after",
  "server.ollama": "Serve Ollama's interface too",
  "engine.choice": "Engine",
  "engine.queue_seconds": "Wait for a turn at most",
  "engine.start_seconds": "Time to start",
  "engine.first_token_seconds": "Wait for the first words",
  "engine.idle_seconds": "Wait between words",
  "engine.total_seconds": "A whole answer at most",
  "engine.concurrency": "Answers at once",
  "engine.queue_length": "Requests that may wait",
  "engine.spares": "Processes started ahead",
  "engine.bound_processes": "Idle processes kept",
  "engine.process_idle_minutes": "End an unused process after",
  "engine.recycle_requests": "Answers per process",
  "engine.recycle_mb": "Memory per process",
  "engine.thinking_allowance": "Room for thinking",
  "model.default": "Default model",
  "model.hidden": "Hidden models",
  "model.aliases": "Other names for models",
  "model.list_aliases": "List those names too",
  "access.allowed_hosts": "Names of this computer on the network",
  "access.any_key": "Accept any key",
  "access.realm": "Secret paths",
  "session.ttl_minutes": "Forget a session after",
  "upkeep.auth_refresh_hours": "Look at the sign-in every",
  "history.days": "Keep single requests",
  "history.total_days": "Keep daily totals",
  "updates.check": "Look for newer versions once a day",
  "updates.skipped": "Version not to be told of",
  "updates.feed": "Where to look",
  "tray.notifications": "Notifications",
  "tray.icon": "Look of the icon",
  "log.level": "Write down",
  "log.file_mb": "Size of a log file",
  "log.files": "Log files kept",
};

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
  "log.level",
]);

/** Have a card of their own. */
export const ELSEWHERE = new Set(["access.allowed_origins"]);

const UNITS = { mb: "MB", seconds: "seconds", minutes: "minutes", hours: "hours", days: "days" };

export function called(name) {
  const last = name.split(".").at(-1).replaceAll("_", " ");
  return NAMES[name] ?? last[0].toUpperCase() + last.slice(1);
}

export function unit(setting) {
  return setting.unit ? (UNITS[setting.unit] ?? setting.unit) : null;
}
