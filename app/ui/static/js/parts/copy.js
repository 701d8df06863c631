// Values to be copied into another program. The key is fetched only when a person wants it.

import { api } from "../api.js";
import { element } from "../element.js";
import { icon } from "../icons.js";
import { toast } from "./toast.js";

export const KEY_MARK = "<your key>";
const HIDDEN = "••••••••••••";

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(copiedBySelection(text) ? `${what} copied` : "Copying isn't allowed here. Select the text instead.", "plain");
  }
}

export async function localKey() {
  return (await api.post("/dashboard/key/copy")).key;
}

/** A value with a button that copies it; where it holds the key, another one shows it. */
export function copyField(label, value, { secret = false, tall = false } = {}) {
  const shown = element("code", { tabindex: tall ? "0" : null }, secret ? value.replaceAll(KEY_MARK, HIDDEN) : value);
  const full = async () => (secret ? value.replaceAll(KEY_MARK, await localKey()) : value);
  return element("div", { class: `copy-field${tall ? " tall" : ""}`, role: "group", "aria-label": label }, [
    shown,
    secret && reveal(label, shown, value, full),
    iconButton(`Copy ${label}`, "copy", async () => copy(await full(), label)),
  ]);
}

export function iconButton(label, symbol, work) {
  const node = element("button", { type: "button", class: "icon-button", "aria-label": label, title: label }, [
    icon(symbol),
  ]);
  node.addEventListener("click", () => Promise.resolve(work(node)).catch((problem) => toast(problem.message, "bad")));
  return node;
}

function reveal(label, shown, value, full) {
  let open = false;
  return iconButton(`Show ${label}`, "eye", async (node) => {
    open = !open;
    shown.textContent = open ? await full() : value.replaceAll(KEY_MARK, HIDDEN);
    node.setAttribute("aria-pressed", String(open));
  });
}

/** For windows without the clipboard interface. */
function copiedBySelection(text) {
  const box = element("textarea", { class: "unseen", "aria-hidden": "true" });
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}
