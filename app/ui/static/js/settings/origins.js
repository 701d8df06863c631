// Web pages that may call Tidegate from a browser, and those that tried.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button } from "../parts/button.js";
import { card } from "../parts/page.js";
import { attempt } from "../parts/toast.js";

export function originsCard() {
  const body = element("div", { class: "stack" });
  const decide = async (origin, allow) => {
    const told = await attempt(() => api.post("/dashboard/origins", { origin, allow }));
    if (told?.allowed) fill(body, lists(told, decide));
    else await show();
    return told;
  };
  const show = async () => {
    const told = await attempt(() => api.get("/dashboard/origins"));
    if (told) fill(body, lists(told, decide));
  };
  show();
  return {
    node: card("Web pages that may call", element("div", { class: "stack" }, [
      element("p", { class: "soft small" }, "Apps on this computer need nothing here. A chat app that is a web page does: a page that isn't listed gets no answer."),
      body,
    ]), { id: "pages" }),
  };
}

function lists({ allowed, asking = [] }, decide) {
  const line = (origin, label, allow, kind) =>
    element("li", {}, [
      element("code", {}, origin),
      button(label, () => decide(origin, allow), { kind: `tight ${kind}`, "aria-label": `${label} ${origin}` }),
    ]);
  const waiting = asking.filter((origin) => !allowed.includes(origin));
  return [
    waiting.length > 0 && element("div", { class: "group" }, [
      element("h3", {}, "Tried to call, and were turned away"),
      element("ul", { class: "lines" }, waiting.map((origin) => line(origin, "Allow", true, ""))),
    ]),
    allowed.length > 0 && element("div", { class: "group" }, [
      element("h3", {}, "Allowed"),
      element("ul", { class: "lines" }, allowed.map((origin) => line(origin, "Remove", false, ""))),
    ]),
    addForm(decide),
  ];
}

function addForm(decide) {
  const input = element("input", {
    class: "input fixed",
    placeholder: "https://www.typingmind.com",
    pattern: "file://|[a-z][a-z0-9+.\\-]*://[^\\/\\s,*]+",
    title: "https:// and the page's name, without anything behind it",
    "aria-label": "Web page to allow",
    required: true,
  });
  const form = element("form", { class: "inline-form" }, [input, element("button", { class: "button", type: "submit" }, "Allow")]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await decide(input.value.trim(), true);
  });
  return form;
}
