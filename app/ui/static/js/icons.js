// Our own line drawings, on a field of 20 by 20.

import { drawing } from "./element.js";

const PATHS = {
  overview: "M3 14a7 7 0 0 1 14 0M10 14l3.5-4.5M3 17h14",
  requests: "M3 5.5h10M3 10h14M3 14.5h7",
  sessions: "M3 4h9v6.5H7.5L5 13v-2.5H3zM15 8h2v6.5h-2V17l-2.5-2.5H8.5",
  connect: "M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V18",
  chat: "M3 4h14v9.5H9.5L6 17v-3.5H3z",
  log: "M4.5 3h11v14h-11zM7.5 7h5M7.5 10h5M7.5 13h3",
  settings: "M3 6h7M15 6h2M3 14h2M10 14h7M12.5 3.5v5M7.5 11.5v5",
  copy: "M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7",
  check: "M4 10.5l4 4 8-9",
  cross: "M5 5l10 10M15 5L5 15",
  partly: "M4 10h12",
  running: "M10 4a6 6 0 1 1-5.2 3",
  left: "M8 4H4v12h4M12 6.5l4 3.5-4 3.5M16 10H8",
  clock: "M10 5.5V10l3 2M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14",
  warning: "M10 3.5l7.5 13h-15zM10 8.5v3.5M10 14.3v.1",
  info: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 9.3v4M10 6.6v.1",
  offline: "M3 3l14 14M5 9a8 8 0 0 1 2-1.3M10 7a8 8 0 0 1 5 2M8 12.5a3 3 0 0 1 3.5-.4M10 15.5v.1",
  person: "M10 10a3.3 3.3 0 1 0 0-6.6A3.3 3.3 0 0 0 10 10M3.5 17a6.5 6.5 0 0 1 13 0",
  key: "M12.5 3.5a4 4 0 1 1-2.6 7L4 16.5v1h3V15h2v-2l1-1M13.5 6.5v.1",
  gate: "M4 17V10a6 6 0 0 1 12 0v7M7 11q1.5-1.5 3 0t3 0M7 15q1.5-1.5 3 0t3 0",
  sun: "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1",
  moon: "M16 12.5A6.8 6.8 0 0 1 7.5 4 6.8 6.8 0 1 0 16 12.5",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5M10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  send: "M3 10l14-6-4.5 13-3-5.5zM9.5 11.5L17 4",
  stop: "M5.5 5.5h9v9h-9z",
  away: "M8 4H4v12h12v-4M11.5 4H16v4.5M16 4l-7 7",
  down: "M10 4v11M5 10.5l5 5 5-5",
  back: "M12 4l-6 6 6 6",
  search: "M8.5 3.5a5 5 0 1 1 0 10 5 5 0 0 1 0-10M12.3 12.3L17 17",
  pause: "M7 4.5v11M13 4.5v11",
  play: "M6 4l10 6-10 6z",
};

/** Decorative: the text beside it says the same. */
export function icon(name) {
  return drawing("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, [
    drawing("path", { d: PATHS[name] }),
  ]);
}
