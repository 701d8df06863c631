// Web pages that may call Tidegate from a browser, and those that tried.

import { api } from "../api.js";
import { element, fill } from "../element.js";
import { button } from "../parts/button.js";
import { card } from "../parts/page.js";
import { attempt, toast } from "../parts/toast.js";

export function originsCard(feed) {
  const body = element("div", { class: "stack" });
  let shown = "";
  const put = (told) => {
    const now = JSON.stringify(told);
    if (now !== shown) fill(body, lists(told, decide));
    shown = now;
  };
  const decide = async (origin, allow, said) => {
    put(await api.post("/dashboard/origins", { origin, allow }));
    toast(said);
    feed.soon();
  };
  const show = async () => {
    const told = await attempt(() => api.get("/dashboard/origins"));
    if (told) put(told);
  };
  const news = ({ detail }) => detail.type === "request.refused" && show();
  feed.addEventListener("news", news);
  show();
  return {
    node: card("Web pages that may call", element("div", { class: "stack" }, [
      element("p", { class: "soft small" }, "Apps on this computer need nothing here. A chat app that is a web page does: a page that isn't listed gets no answer."),
      body,
      addForm(decide),
    ]), { id: "pages" }),
    leave: () => feed.removeEventListener("news", news),
  };
}

function lists({ allowed, asking = [] }, decide) {
  const allow = (origin) => button("Allow", () => decide(origin, true, "The page may call from now on."), named("Allow", origin));
  const deny = (origin) => button("Deny", () => decide(origin, false, "The page stays shut out."), named("Deny", origin));
  const remove = (origin) => button("Remove", () => decide(origin, false, "The page is shut out."), named("Remove", origin));
  return [
    asking.length > 0 && group("Asked, and were turned away", asking, (origin) => [allow(origin), deny(origin)]),
    allowed.length > 0 && group("Allowed", allowed, (origin) => [remove(origin)]),
  ];
}

const named = (label, origin) => ({ kind: "tight", "aria-label": `${label} ${origin}` });

function group(title, origins, buttons) {
  return element("div", { class: "group" }, [
    element("h3", {}, title),
    element("ul", { class: "lines" }, origins.map((origin) =>
      element("li", {}, [element("code", {}, origin), element("span", { class: "row" }, buttons(origin))]))),
  ]);
}

function addForm(decide) {
  const input = element("input", {
    class: "input fixed",
    placeholder: "https://www.typingmind.com",
    pattern: "file://|[a-z][a-z0-9+.\\-]*://[^\\/\\s,*]+",
    title: "https:// and the page's name, without anything behind it",
    "aria-label": "Web page to allow",
    spellcheck: "false",
    required: true,
  });
  const form = element("form", { class: "inline-form" }, [input, element("button", { class: "button", type: "submit" }, "Allow")]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(async () => {
      await decide(input.value.trim(), true, "The page may call from now on.");
      form.reset();
    });
  });
  return form;
}
