// Small charts, drawn anew at the size they have on the screen. What they show is also said in words.

import { drawing, element, fill } from "./element.js";

const GAP = 3;
const WIDEST_REM = 3.2;
const SCALE_REM = 1.35;

const rem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** A figure whose drawing follows its width. draw(width) → list of shapes. `label` says in words what is to be seen. */
function figure(height, label, draw) {
  const svg = drawing("svg", { class: "chart", height, role: "img", "aria-label": label });
  new ResizeObserver(([entry], observer) => {
    if (!svg.isConnected) return observer.disconnect();
    const width = Math.floor(entry.contentRect.width);
    if (width) {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      fill(svg, draw(width));
    }
  }).observe(svg);
  return svg;
}

/**
 * Columns from the bottom. values: [{parts: [{value, tone}], title}]; parts are stacked, the first at the bottom.
 * scale: what the highest one stands for, from its value; written above a line at its height.
 */
export function columns(values, { rems, label, scale = null }) {
  const height = Math.round(rems * rem());
  const total = (column) => column.parts.reduce((sum, part) => sum + part.value, 0);
  const most = Math.max(...values.map(total), 0);
  const head = scale && most > 0 ? Math.round(SCALE_REM * rem()) : 0;
  return figure(height, label, (width) => {
    const step = width / values.length;
    const thick = Math.max(1, Math.min(step - GAP, WIDEST_REM * rem()));
    return [head > 0 && scaleLine(scale(most), width, head), values.map((column, place) => {
      const x = place * step + (step - thick) / 2;
      return drawing("g", {}, [
        drawing("title", {}, column.title),
        drawing("rect", { x: place * step, y: 0, width: step, height, fill: "transparent" }),
        total(column) === 0
          ? drawing("rect", { class: "idle", x, y: height - 3, width: thick, height: 3, rx: 1.5 })
          : stacked(column.parts, { x, thick, height, most, head }),
      ]);
    })];
  });
}

function scaleLine(text, width, head) {
  return [
    drawing("text", { class: "scale", x: 0, y: head - 5 }, text),
    drawing("line", { class: "scale-line", x1: 0, x2: width, y1: head - 0.5, y2: head - 0.5 }),
  ];
}

function stacked(parts, { x, thick, height, most, head }) {
  let below = 0;
  return parts
    .filter((part) => part.value > 0)
    .map((part) => {
      const tall = Math.max(2, (part.value / most) * (height - head));
      below += tall;
      return drawing("rect", {
        class: part.tone,
        x,
        y: Math.max(0, height - below),
        width: thick,
        height: tall,
        rx: Math.min(3, thick / 2),
      });
    });
}

/** The newest durations side by side, the last one rightmost. */
export function sparkline(values, { tone, label, places = 14, rems = 2.2 }) {
  const shown = values.slice(-places);
  const empty = Array.from({ length: places - shown.length }, () => ({ parts: [], title: "" }));
  return columns(
    [...empty, ...shown.map((value) => ({ parts: [{ value, tone: tone(value) }], title: `${value.toFixed(1)} s` }))],
    { rems, label },
  );
}

/** A bar filled to a share of 0 to 1. */
export function bar(share, tone, label) {
  const width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
  return element("span", { class: "bar", "data-tone": tone, role: "img", "aria-label": label }, [
    element("span", { style: { width } }),
  ]);
}
