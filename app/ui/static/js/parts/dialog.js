// Windows within the page: the browser keeps the focus inside, and gives it back afterwards.

import { element } from "../element.js";
import { button } from "./button.js";
import { iconButton } from "./copy.js";

let numbered = 0;

/** Opens; returns the dialog, which removes itself when it is closed. */
export function dialog(title, body, { onClose = () => {} } = {}) {
  const id = `dialog-${(numbered += 1)}`;
  const node = element("dialog", { "aria-labelledby": id }, [
    element("div", { class: "dialog-head" }, [
      element("h2", { id }, title),
      iconButton("Close", "cross", () => node.close()),
    ]),
    element("div", { class: "dialog-body" }, body),
  ]);
  node.addEventListener("close", () => {
    node.remove();
    onClose();
  });
  node.addEventListener("click", (event) => event.target === node && node.close());
  document.body.append(node);
  node.showModal();
  return node;
}

/** Asks before something that can't be undone; resolves to whether a person said yes. */
export function confirmed(title, sentence, label) {
  return new Promise((resolve) => {
    let yes = false;
    const agree = () => {
      yes = true;
      node.close();
    };
    const node = dialog(
      title,
      [
        element("p", {}, sentence),
        element("div", { class: "dialog-foot" }, [
          button("Cancel", () => node.close()),
          button(label, agree, { kind: "danger" }),
        ]),
      ],
      { onClose: () => resolve(yes) },
    );
  });
}
