// The keys chat apps send: one for all, and one by name for each app that should be told apart.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { moment } from "../format.js";
import { button } from "../parts/button.js";
import { copyField, KEY_MARK } from "../parts/copy.js";
import { confirmed, dialog } from "../parts/dialog.js";
import { card } from "../parts/page.js";
import { attempt, toast } from "../parts/toast.js";

export function keysCard() {
  const main = element("div");
  const list = element("ul", { class: "lines" });
  const show = async () => {
    fill(main, copyField("Key", KEY_MARK, { secret: true }));
    const told = await attempt(() => api.get("/dashboard/keys"));
    if (told) fill(list, told.keys.filter(isOwn).map((one) => keyLine(one, show)));
  };
  show();
  return {
    node: card("Keys for your apps", element("div", { class: "stack" }, [
      element("div", { class: "group" }, [
        element("p", { class: "soft small" }, "Every app may use this one. It opens the answers of Claude, never this dashboard."),
        main,
        element("div", {}, button("Make a new one", () => renew(show), { kind: "tight" })),
      ]),
      element("div", { class: "group" }, [
        element("h3", {}, "One app, one key"),
        element("p", { class: "soft small" }, "An app with a key of its own stands in the list of requests by its name, and can be shut out alone."),
        list,
        newKeyForm(show),
      ]),
    ]), { id: "keys" }),
  };
}

const isOwn = (one) => one.name !== "default";

function keyLine({ name, created: made, last_used: used, last_four: ending }, show) {
  const remove = async () => {
    const sentence = `Whatever uses the key “${name}” gets no more answers.`;
    if (!(await confirmed("Remove this key?", sentence, "Remove"))) return;
    await api.remove(`/dashboard/keys/${encodeURIComponent(name)}`);
    toast("Key removed");
    await show();
  };
  const notes = [ending && `ends in ${ending}`, made && `made ${moment(made)}`, used ? `last used ${moment(used)}` : "never used"];
  return element("li", {}, [
    element("span", {}, [element("strong", {}, name), " ", element("span", { class: "soft small" }, notes.filter(Boolean).join(" · "))]),
    button("Remove", remove, { kind: "tight", "aria-label": `Remove key ${name}` }),
  ]);
}

function newKeyForm(show) {
  const input = element("input", { class: "input", placeholder: "Name of the app", "aria-label": "Name for a new key", maxlength: "40", required: true });
  const form = element("form", { class: "inline-form" }, [input, element("button", { class: "button", type: "submit" }, "Make a key")]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const made = await attempt(() => api.post("/dashboard/keys", { name: input.value.trim() }));
    if (!made) return;
    form.reset();
    dialog(`Key for ${made.name}`, [
      element("p", {}, "Copy it now: it is shown only this once."),
      copyField("Key", made.key),
    ]);
    await show();
  });
  return form;
}

async function renew(show) {
  const sentence = "Every app that uses the key of now is shut out until you paste the new one.";
  if (!(await confirmed("Make a new key?", sentence, "Make a new key"))) return;
  await api.post("/dashboard/key/new");
  toast("There is a new key. Copy it into your apps.");
  await show();
}
