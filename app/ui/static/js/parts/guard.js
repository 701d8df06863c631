// What a person has not saved yet keeps the page: it is asked about before anything goes.

import { element } from "../element.js";
import { button } from "./button.js";
import { dialog } from "./dialog.js";

/** Resolves to true when the page may be left. `save` resolves to whether all was saved. */
export function mayLeave({ count, save, discard }) {
  return new Promise((resolve) => {
    let answer = false;
    const choose = (work) => async () => {
      answer = await work();
      node.close();
    };
    const node = dialog(
      "Save your changes?",
      [
        element("p", {}, count === 1 ? "One change on this page is not saved yet." : `${count} changes on this page are not saved yet.`),
        element("div", { class: "dialog-foot" }, [
          button("Stay here", () => node.close(), { kind: "quiet" }),
          button("Don't save", choose(() => (discard(), true))),
          button("Save", choose(save), { kind: "main" }),
        ]),
      ],
      { onClose: () => resolve(answer) },
    );
  });
}
