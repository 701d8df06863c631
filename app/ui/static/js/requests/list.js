// The requests that are on the page: the newest ones, and the older ones a person asked for.

import { api } from "../api.js";
import { attempt } from "../parts/toast.js";

const PAGE = 50;

/** Dispatches "change" when there is something else to show. */
export class RequestList extends EventTarget {
  exchanges = [];
  more = false;
  loaded = false;
  problem = null;
  outcome = "all";
  search = "";
  #asked = 0;

  /** Shows others: all | error | slow, and only those that hold a word. */
  ask({ outcome = this.outcome, search = this.search }) {
    this.outcome = outcome;
    this.search = search;
    this.exchanges = [];
    this.loaded = false;
    return this.refresh();
  }

  async refresh() {
    const order = (this.#asked += 1);
    let page;
    try {
      page = await this.#page();
    } catch (problem) {
      if (order === this.#asked && !this.exchanges.length) this.#is(problem); // what is shown stays, as it was
      return;
    }
    if (order !== this.#asked) return; // a later question overtook it
    const oldest = page.exchanges.at(-1)?.id ?? Infinity;
    const known = this.exchanges.some((one) => one.id >= oldest);
    const older = known ? this.exchanges.filter((one) => one.id < oldest) : [];
    this.exchanges = [...page.exchanges, ...older];
    this.more = older.length ? this.more : page.more;
    this.loaded = true;
    this.#is(null);
  }

  /** What keeps the requests from being shown, or null. */
  #is(problem) {
    this.problem = problem;
    this.dispatchEvent(new Event("change"));
  }

  async older() {
    const page = await attempt(() => this.#page(this.exchanges.at(-1)?.id));
    if (!page) return;
    this.exchanges = [...this.exchanges, ...page.exchanges];
    this.more = page.more;
    this.dispatchEvent(new Event("change"));
  }

  #page(before = null) {
    const query = new URLSearchParams({ limit: PAGE, outcome: this.outcome, search: this.search });
    if (before !== null) query.set("before", before);
    return api.get(`/dashboard/exchanges?${query}`);
  }
}
