// Builds the page node by node. Whatever is shown becomes a text node: no string is ever read as markup.

const DRAWING = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden", "indeterminate"]);
const SAFE_LINK = /^(#|\/(?!\/)|https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/;

/** props: attributes by name; `on` {event: listener}; `style` {property: value}. children: nodes, texts, lists of both. */
export function element(tag, props = {}, children = []) {
  return finished(document.createElement(tag), props, children);
}

export function drawing(tag, props = {}, children = []) {
  return finished(document.createElementNS(DRAWING, tag), props, children);
}

/** Puts children in place of what the parent held. */
export function fill(parent, children) {
  parent.replaceChildren(...present(children));
  return parent;
}

function finished(node, props, children) {
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...present(children));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
  } else if (PROPERTIES.has(name)) {
    node[name] = value;
  } else if (name === "href") {
    setLink(node, SAFE_LINK.test(value) ? value : "#");
  } else if (value !== false) {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

/** What leads out of the dashboard opens outside of it, and isn't told where it was found. */
function setLink(node, href) {
  node.setAttribute("href", href);
  if (!/^https?:/.test(href)) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noreferrer noopener");
}

function present(children) {
  return [children]
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
