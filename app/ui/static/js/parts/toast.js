// A sentence that appears, is read out, and goes. Bad news stays longer.

import { element } from "../element.js";

export function toast(sentence, tone = "plain") {
  const note = element("p", { class: "toast", "data-tone": tone }, sentence);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), tone === "bad" ? 9_000 : 3_500);
}

/** Runs what a button asked for; a refusal is shown. Returns what came of it, or undefined. */
export async function attempt(work) {
  try {
    return await work();
  } catch (problem) {
    toast(problem.message, "bad");
    return undefined;
  }
}
