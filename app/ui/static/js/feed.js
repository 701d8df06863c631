// The overview as the server last told it, asked for again whenever something happened: one copy for all pages.

import { api } from "./api.js";

const BETWEEN_MS = 400;
const SETTLED_MS = 1_300; // the history writes what ended about a second later
const SELDOM_MS = 30_000;

export class Feed extends EventTarget {
  overview = null;
  received = 0;
  problem = null;
  #timer = null;
  #last = -Infinity;
  #settle = null;

  constructor(live) {
    super();
    this.live = live;
    live.addEventListener("news", ({ detail }) => {
      this.dispatchEvent(new CustomEvent("news", { detail }));
      this.soon();
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => this.soon(), SETTLED_MS);
    });
    live.addEventListener("poll", () => this.soon());
    live.addEventListener("state", () => live.connected && this.soon());
    setInterval(() => this.soon(), SELDOM_MS);
    addEventListener("focus", () => this.soon()); // whoever comes back wants to see what is
  }

  /** Runs `listener` now, when there is something to show, and after each change; returns how to stop. */
  watch(listener) {
    const told = () => listener(this.overview);
    if (this.overview) told();
    this.addEventListener("change", told);
    return () => this.removeEventListener("change", told);
  }

  /** Asks at once when the last time is long enough ago, otherwise a little later, once for all who want it. */
  soon() {
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + BETWEEN_MS - performance.now());
    this.#timer = setTimeout(() => this.now(), wait);
  }

  async now() {
    this.#last = performance.now();
    try {
      this.overview = await api.get("/dashboard/overview");
      this.received = performance.now();
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
      this.dispatchEvent(new Event("problem"));
      return; // what was told before stays; that the server is away is said elsewhere
    } finally {
      this.#timer = null;
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Seconds since the server started, going on between two answers. */
  uptime() {
    return this.overview ? this.overview.uptime_seconds + (performance.now() - this.received) / 1000 : 0;
  }
}
