// One setting: its name, its reason, and what to change it with.

import { element, fill } from "../element.js";
import { called, unit } from "./names.js";

/** onChange(name, value): the value as JSON has it; null stands for the default. */
export function settingField(setting, onChange) {
  const id = `setting-${setting.name.replace(".", "-")}`;
  const fixed = setting.source === "environment" || setting.source === "command line";
  const told = (value) => onChange(setting.name, value);
  const input = control(setting, { id, disabled: fixed, "aria-describedby": `${id}-why` }, told);
  const after = unit(setting);
  const note = element("p", { class: "soft small" });
  fill(note, fixed ? `Set by ${setting.origin ?? `the ${setting.source}`}, which wins. Change it there.` : standing(setting));
  return element("div", { class: "setting" }, [
    element("div", {}, [
      element("label", { for: id }, element("strong", {}, called(setting.name))),
      element("p", { class: "soft small", id: `${id}-why` }, setting.description),
    ]),
    element("div", { class: "setting-value" }, [
      after ? element("div", { class: "with-unit" }, [input, element("span", { class: "soft" }, after)]) : input,
      note,
    ]),
  ]);
}

/** What the default is, where another value is in force. */
function standing({ value, default: usual, source, kind }) {
  const differs = source === "file" && JSON.stringify(value) !== JSON.stringify(usual);
  if (!differs || kind === "map" || kind === "list") return "";
  return `Default: ${usual === null || usual === "" ? "none" : plain(usual)}`;
}

function plain(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

function control(setting, props, told) {
  const { kind, value, default: usual } = setting;
  switch (kind) {
    case "bool":
      return changed(element("input", { ...props, type: "checkbox", role: "switch", class: "switch", checked: value }), (node) => told(node.checked));
    case "choice":
      return changed(
        element("select", { ...props, class: "input" }, setting.choices.map((choice) =>
          element("option", { value: choice, selected: choice === value }, choice))),
        (node) => told(node.value),
      );
    case "int":
    case "number": {
      const placeholder = usual === null ? "" : String(usual);
      const node = element("input", { ...props, class: "input", type: "number", step: kind === "int" ? "1" : "any", placeholder, value: value ?? "" });
      return changed(node, () => told(node.value === "" ? null : Number(node.value)));
    }
    case "list":
      return changed(
        element("textarea", { ...props, class: "input fixed", rows: "2", placeholder: "one a line", value: value.join("\n") }),
        (node) => told(linesOf(node.value)),
      );
    case "map":
      return changed(
        element("textarea", { ...props, class: "input fixed", rows: "2", placeholder: "name = model, one a line", value: pairsText(value) }),
        (node) => told(pairsOf(node.value)),
      );
    default:
      return changed(
        element("input", { ...props, class: "input", placeholder: usual ?? "", value: value ?? "" }),
        (node) => told(node.value.trim() || null),
      );
  }
}

function changed(node, listener) {
  node.addEventListener("input", () => listener(node));
  return node;
}

const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const pairsText = (map) => Object.entries(map).map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n");

function pairsOf(text) {
  return Object.fromEntries(linesOf(text).map((line) => {
    const [name, ...rest] = line.split("=");
    return [name.trim(), rest.join("=").trim()];
  }));
}
