// The time a person looks at, cut into hours or days.

import { day, moment } from "../format.js";

/** span: today, 7, 30 → [{name, requests, input_tokens, output_tokens, cost_usd}], oldest first. */
export function slices({ days, hours }, span) {
  if (span === "today") return hours.map((hour) => ({ ...hour, name: moment(hour.start) }));
  return days.slice(-Number(span)).map((one) => ({ ...one, name: day(one.day) }));
}

/** Null when nobody told any of the values. */
export function sum(part, name) {
  const known = part.map((one) => one[name]).filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}
