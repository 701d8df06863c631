// Buttons that do something and say what came of it.

import { element } from "../element.js";
import { icon } from "../icons.js";
import { attempt } from "./toast.js";

/** kind: "", main, danger, quiet, tight. While `work` runs the button can't be pressed again. */
export function button(label, work, { kind = "", symbol = null, ...props } = {}) {
  const node = element("button", { type: "button", class: `button ${kind}`, ...props }, [symbol && icon(symbol), label]);
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-disabled") === "true") return;
    node.setAttribute("aria-disabled", "true"); // not `disabled`, which would take the focus away
    try {
      await attempt(() => work(node));
    } finally {
      node.removeAttribute("aria-disabled");
    }
  });
  return node;
}

export function link(label, href, { kind = "", symbol = null } = {}) {
  return element("a", { class: `button ${kind}`, href }, [symbol && icon(symbol), label]);
}

/** choices: [[value, label]]; one of them is pressed. */
export function choiceBar(label, choices, chosen, onChoice) {
  const buttons = choices.map(([value, text]) =>
    element("button", { type: "button", "data-value": value, "aria-pressed": String(value === chosen) }, text),
  );
  const press = (pressed) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === pressed));
    onChoice(pressed.dataset.value);
  };
  for (const one of buttons) one.addEventListener("click", () => press(one));
  return element("div", { class: "choice-bar", role: "group", "aria-label": label }, buttons);
}

/** A switch with its sentence. */
export function toggle(label, { on, disabled = false, note = null }, change) {
  const box = element("input", { type: "checkbox", class: "switch", role: "switch", checked: on, disabled });
  box.addEventListener("change", async () => {
    const done = await attempt(() => change(box.checked));
    if (done === undefined || done === false) box.checked = !box.checked;
  });
  return element("label", { class: "toggle-row" }, [
    element("span", {}, [element("strong", {}, label), note && element("span", { class: "soft small" }, note)]),
    box,
  ]);
}
