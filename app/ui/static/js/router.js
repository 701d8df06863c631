// #page/part in the address → the page that is shown. Going back and forth is the browser's business.

import { fill } from "./element.js";

/** pages: {name: {title, mount(place, context, part) → leave()}}; the first one is the front page. */
export class Router extends EventTarget {
  #leave = null;
  #first = true;

  constructor(place, pages, context) {
    super();
    this.place = place;
    this.pages = pages;
    this.context = context;
  }

  start() {
    window.addEventListener("hashchange", () => this.show());
    this.show();
  }

  get name() {
    const asked = location.hash.slice(1).split("/")[0];
    return Object.hasOwn(this.pages, asked) ? asked : Object.keys(this.pages)[0];
  }

  show() {
    const page = this.pages[this.name];
    const part = decoded(location.hash.slice(1).split("/").slice(1).join("/"));
    this.#leave?.();
    fill(this.place, []);
    window.scrollTo(0, 0);
    this.#leave = page.mount(this.place, this.context, part);
    document.title = `${page.title} · Tidegate`;
    if (!this.#first) this.place.querySelector("h1")?.focus({ preventScroll: true });
    this.#first = false;
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
