// #page/part in the address → the page that is shown. Going back and forth is the browser's business.

import { fill } from "./element.js";

/**
 * pages: {name: {title, mount(place, context, part) → leave}}; the first one is the front page. Instead of a function
 * `mount` may return {leave, go, isHeld, mayLeave}: `go(part)` shows another part of the page without beginning it anew;
 * `isHeld()` is true while something is not saved, and `mayLeave()` then asks and resolves to whether to go.
 */
export class Router extends EventTarget {
  #shown = null;
  #address = "";
  #asking = false;

  constructor(place, pages, context) {
    super();
    this.place = place;
    this.pages = pages;
    this.context = context;
  }

  start() {
    window.addEventListener("hashchange", () => this.#move());
    window.addEventListener("beforeunload", (event) => this.#held() && event.preventDefault());
    this.#show();
  }

  get name() {
    const asked = location.hash.slice(1).split("/")[0];
    return Object.hasOwn(this.pages, asked) ? asked : Object.keys(this.pages)[0];
  }

  async #move() {
    const wanted = location.hash;
    if (this.#shown?.go && this.#shown.name === this.name) {
      this.#address = wanted;
      this.#shown.go(this.#part());
      return;
    }
    if (this.#held()) {
      history.replaceState(null, "", this.#address || "#"); // the page that stays is the one the address names
      if (this.#asking) return;
      this.#asking = true;
      const yes = await this.#shown.mayLeave();
      this.#asking = false;
      if (!yes) return;
      history.replaceState(null, "", wanted);
    }
    this.#show();
  }

  #held() {
    return this.#shown?.isHeld?.() ?? false;
  }

  #part() {
    return decoded(location.hash.slice(1).split("/").slice(1).join("/"));
  }

  #show() {
    const page = this.pages[this.name];
    const first = !this.#shown;
    this.#shown?.leave?.();
    for (const open of document.querySelectorAll("dialog:not([data-stays])")) open.close(); // they belong to the page
    fill(this.place, []);
    window.scrollTo(0, 0);
    this.#address = location.hash;
    const mounted = page.mount(this.place, this.context, this.#part());
    this.#shown = { name: this.name, ...(typeof mounted === "function" ? { leave: mounted } : mounted) };
    document.title = `${page.title} · Tidegate`;
    if (!first) this.place.querySelector("h1")?.focus({ preventScroll: true });
    this.dispatchEvent(new Event("shown"));
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
