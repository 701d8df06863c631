// A small chat, to see whether Claude answers; it goes the way every app's questions go.

import { ask } from "../chat_stream.js";
import { element, fill } from "../element.js";
import { plural, took } from "../format.js";
import { icon } from "../icons.js";
import { button } from "../parts/button.js";
import { empty, heading } from "../parts/page.js";

export const tryIt = { title: "Try it", symbol: "chat", mount };

function mount(place, { feed }) {
  const chat = { messages: [], running: null, model: null };
  const talk = element("section", { class: "card talk", "aria-label": "Conversation", tabindex: "0" });
  const heard = element("p", { class: "unseen", "aria-live": "polite" });
  const models = element("select", { class: "input", "aria-label": "Model" });
  const text = element("textarea", { class: "input", rows: "1", "aria-label": "Your message", placeholder: "Ask something…" });
  const send = element("button", { class: "button main", type: "submit" });
  const form = element("form", { class: "ask" }, [text, send]);
  const view = { talk, heard, text, send, models };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (chat.running) chat.running.abort();
    else if (text.value.trim()) say(chat, view);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (!chat.running) form.requestSubmit();
    }
  });
  const page = [
    heading("Try it", "Nothing you write here is kept; leaving the page forgets it.", [
      element("label", { class: "model-choice" }, [element("span", { class: "soft" }, "Model"), models]),
      button("New chat", () => begin(chat, view)),
    ]),
    element("div", { class: "chat" }, [talk, form]),
    heard,
  ];
  fill(place, element("div", { class: "fills" }, page));
  begin(chat, view);
  const stop = feed.watch((overview) => offer(models, overview));
  return () => {
    stop();
    chat.running?.abort();
  };
}

function begin(chat, { talk, text, send }) {
  chat.running?.abort();
  chat.messages = [];
  fill(talk, empty("chat", "Say hello", "Your question goes the same way as those of your apps, and counts the same."));
  ready(send, false);
  text.focus({ preventScroll: true });
}

function ready(send, running) {
  fill(send, running ? [icon("stop"), "Stop"] : [icon("send"), "Send"]);
}

async function say(chat, { talk, heard, text, send, models }) {
  const asked = text.value.trim();
  text.value = "";
  if (!chat.messages.length) fill(talk, []);
  chat.messages.push({ role: "user", content: asked });
  const words = document.createTextNode("");
  const answer = element("div", { class: "said theirs waiting" }, words);
  talk.append(element("div", { class: "said mine" }, asked), answer);
  toEnd(talk);
  chat.running = new AbortController();
  const { signal } = chat.running;
  ready(send, true);
  const began = performance.now();
  const clock = { first: null };
  try {
    const told = await ask({
      model: models.value,
      messages: chat.messages.slice(),
      signal,
      onText(piece) {
        clock.first ??= performance.now() - began;
        answer.classList.remove("waiting");
        words.appendData(piece);
        toEnd(talk);
      },
    });
    chat.messages.push({ role: "assistant", content: words.data || "…" });
    note(answer, summary(told, clock.first, performance.now() - began));
    heard.textContent = words.data;
  } catch (problem) {
    chat.messages.pop();
    if (signal.aborted) note(answer, "Stopped.");
    else failed(answer, problem.message);
    heard.textContent = signal.aborted ? "Stopped" : problem.message;
    if (!text.value) text.value = asked;
  } finally {
    answer.classList.remove("waiting");
    if (chat.running?.signal === signal) {
      chat.running = null;
      ready(send, false);
    }
    toEnd(talk);
  }
}

function summary({ model, usage }, first, all) {
  return [
    model,
    first !== null && `first words after ${took(first / 1000)}`,
    `took ${took(all / 1000)}`,
    usage.output_tokens && plural(usage.output_tokens, "token"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function note(answer, sentence) {
  answer.append(element("p", { class: "said-note" }, sentence));
}

function failed(answer, sentence) {
  answer.dataset.tone = "bad";
  answer.append(element("p", {}, sentence));
}

function toEnd(talk) {
  talk.scrollTop = talk.scrollHeight;
}

/** The models apps see; what a person chose stays chosen. */
function offer(select, { models, default_model: usual }) {
  const ids = models?.length ? models : [usual].filter(Boolean);
  if ([...select.options].map((option) => option.value).join() === ids.join()) return;
  const chosen = select.value || usual;
  fill(select, ids.map((id) => element("option", { value: id, selected: id === chosen }, id)));
}
