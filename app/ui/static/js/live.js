// Knows within five seconds whether the server lives, and tells what happens there.
//
// The event stream ends at once when the server's process dies; a server that hangs keeps it open, so a short
// question is asked beside it. Where the stream does not get through, the question's answers drive the page.

const ASK_MS = 2_000;
const UNSEEN_MS = 30_000;
const PATIENCE_MS = 2_000;

/** Dispatches "state" when `connected` changed, "news" {type, data} for an event, "poll" when there is no stream. */
export class Live extends EventTarget {
  connected = null;
  #stream = null;
  #streaming = false;
  #timer = null;

  start() {
    this.#open();
    this.#ask();
    document.addEventListener("visibilitychange", () => !document.hidden && this.#ask());
  }

  stop() {
    clearTimeout(this.#timer);
    this.#stream?.close();
  }

  #open() {
    this.#stream?.close();
    const stream = new EventSource("/events");
    this.#stream = stream;
    stream.onopen = () => {
      this.#streaming = true;
      this.#is(true);
    };
    stream.onmessage = (event) => this.#tell(event);
    stream.onerror = () => {
      this.#streaming = false;
      stream.close();
      this.#ask();
    };
  }

  /** One question, and the next one later; a stream that broke is opened again once there is an answer. */
  async #ask() {
    clearTimeout(this.#timer);
    const answered = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })
      .then((response) => response.ok)
      .catch(() => false);
    this.#is(answered);
    if (answered && !this.#streaming) {
      this.dispatchEvent(new Event("poll"));
      if (this.#stream?.readyState === EventSource.CLOSED) this.#open();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), document.hidden ? UNSEEN_MS : ASK_MS);
  }

  #is(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.dispatchEvent(new Event("state"));
  }

  #tell(event) {
    const data = JSON.parse(event.data);
    this.dispatchEvent(new CustomEvent("news", { detail: { type: data.type, data } }));
  }
}
