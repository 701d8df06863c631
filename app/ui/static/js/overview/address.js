// What to paste into a chat app.

import { element, fill } from "../element.js";
import { card } from "../parts/page.js";
import { copyField, KEY_MARK } from "../parts/copy.js";

export function addressCard() {
  const fields = element("div", { class: "paste" });
  const node = card("For your chat apps", fields, {
    tools: [element("a", { class: "small", href: "#connect" }, "Step by step")],
  });
  let shown = "";
  return {
    node,
    update({ address, api_base: base, default_model: model }) {
      if (shown === `${base} ${model}`) return;
      shown = `${base} ${model}`;
      fill(fields, [
        field("Address", base),
        field("Key", KEY_MARK, { secret: true }),
        model && field("Model", model),
        element("p", { class: "soft small paste-note", title: address }, "Apps made for Anthropic want it without /v1."),
      ]);
    },
  };
}

function field(label, value, options) {
  return [element("span", { class: "soft small", "aria-hidden": "true" }, label), copyField(label, value, options)];
}
