// One setting: its name, its reason, and what to change it with.

import { element, fill } from "../element.js";
import { unit } from "./groups.js";

/** onChange(name, value): the value as JSON has it; null stands for the default. `draft`: a value not saved yet. */
export function settingField(setting, onChange, draft = setting.value) {
  const id = `setting-${setting.name.replace(".", "-")}`;
  const fixed = setting.source === "environment" || setting.source === "command line";
  const told = (value) => onChange(setting.name, value);
  const input = control(setting, draft, { id, disabled: fixed, "aria-describedby": `${id}-why` }, told);
  const after = unit(setting);
  const note = element("p", { class: "soft small" });
  fill(note, fixed ? `Set by ${setting.origin ?? `the ${setting.source}`}, which wins. Change it there.` : standing(setting));
  return element("div", { class: "setting" }, [
    element("div", {}, [
      element("label", { for: id }, element("strong", {}, setting.words.title)),
      element("p", { class: "soft small", id: `${id}-why` }, setting.words.reason),
    ]),
    element("div", { class: "setting-value" }, [
      after ? element("div", { class: "with-unit" }, [input, element("span", { class: "soft" }, after)]) : input,
      note,
    ]),
  ]);
}

/** What the default is, where another value is in force. */
function standing(setting) {
  const { value, default: usual, source, kind } = setting;
  const differs = source === "file" && JSON.stringify(value) !== JSON.stringify(usual);
  if (!differs || kind === "map" || kind === "list") return "";
  return `Usually ${plain(setting)}`;
}

function plain({ default: usual, words }) {
  if (usual === null || usual === "") return words.empty || "empty";
  if (typeof usual === "boolean") return usual ? "on" : "off";
  return words.choices[usual] ?? String(usual);
}

function control(setting, value, props, told) {
  const { kind, default: usual, words, least, most } = setting;
  switch (kind) {
    case "bool":
      return changed(element("input", { ...props, type: "checkbox", role: "switch", class: "switch", checked: value }), (node) => told(node.checked));
    case "choice":
      return changed(
        element("select", { ...props, class: "input" }, setting.choices.map((choice) =>
          element("option", { value: choice, selected: choice === value }, words.choices[choice] ?? choice))),
        (node) => told(node.value),
      );
    case "int":
    case "number": {
      const limits = { min: least, max: most, step: kind === "int" ? "1" : "any", inputmode: "decimal" };
      const placeholder = usual === null ? "" : String(usual);
      const node = element("input", { ...props, ...limits, class: "input", type: "number", placeholder, value: value ?? "" });
      return changed(node, () => told(node.value === "" ? null : Number(node.value)));
    }
    case "list":
      return lines(props, "one a line", value.join("\n"), (node) => told(linesOf(node.value)));
    case "map":
      return lines(props, "name = model", pairsText(value), (node) => told(pairsOf(node.value)));
    default:
      return changed(
        element("input", { ...props, class: "input", placeholder: usual ?? words.empty, value: value ?? "", spellcheck: "false" }),
        (node) => told(node.value.trim() || null),
      );
  }
}

function lines(props, placeholder, value, listener) {
  const node = element("textarea", { ...props, class: "input fixed", rows: "2", spellcheck: "false", placeholder, value });
  return changed(node, listener);
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
