// Who asked, by the name of the key they used.

const OURS = {
  default: ["Shared key", "An app with the key that every app may use. Give it a key of its own in the settings, and its name stands here."],
  any: ["Any key", "Tidegate accepts any key, so nobody knows which app this was."],
  Dashboard: ["Try it", "The chat of this dashboard."],
  Tidegate: ["Tidegate", "Tidegate itself, because somebody wanted to know whether Claude answers."],
};

export function callerName(app) {
  return Object.hasOwn(OURS, app) ? OURS[app][0] : app;
}

/** What the name means, where it is none that a person gave. */
export function callerNote(app) {
  return Object.hasOwn(OURS, app) ? OURS[app][1] : null;
}
