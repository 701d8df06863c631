// Numbers, times and names in a person's words.

const LOCALE = "en-GB";
const WHOLE = new Intl.NumberFormat(LOCALE);
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const CLOCK_SECONDS = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "short", day: "numeric", month: "short" });
const NONE = "–";

export const whole = (value) => (value === null || value === undefined ? NONE : WHOLE.format(value));
export const short = (value) => (value === null || value === undefined ? NONE : SHORT.format(value));
export const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;
export const day = (iso) => DAY.format(new Date(`${iso}T12:00:00`));

export function percent(share) {
  if (share === null || share === undefined) return NONE;
  const value = share * 100;
  return value > 99 && value < 100 ? "> 99 %" : `${Math.round(value)} %`;
}

export function money(dollars) {
  if (dollars === null || dollars === undefined) return NONE;
  if (dollars > 0 && dollars < 0.01) return "< $0.01";
  return `$${dollars.toFixed(2)}`;
}

/** How long something took. */
export function took(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return span(seconds);
}

/** A span in its two largest units. */
export function span(seconds) {
  const rest = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(rest / 86_400), Math.floor(rest / 3600) % 24, Math.floor(rest / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes >= 10 || (minutes && rest % 60 === 0)) return `${minutes} min`;
  return minutes ? `${minutes} min ${rest % 60} s` : `${rest} s`;
}

/** 3:07:45, or 2 d 3:07:45: a clock that ticks. */
export function ticking(seconds) {
  const rest = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const clock = `${Math.floor(rest / 3600) % 24}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return rest >= 86_400 ? `${Math.floor(rest / 86_400)} d ${clock}` : clock;
}

/** 14:02, or Tue 3 Nov, 14:02 when that is not today. */
export function moment(unixSeconds, { seconds = false } = {}) {
  if (!unixSeconds) return NONE;
  const date = new Date(unixSeconds * 1000);
  const clock = (seconds ? CLOCK_SECONDS : CLOCK).format(date);
  return date.toDateString() === new Date().toDateString() ? clock : `${WEEKDAY.format(date)}, ${clock}`;
}

/** 14:02, or 3 Nov when that is not today. */
export function since(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  return (date.toDateString() === new Date().toDateString() ? CLOCK : DAY).format(date);
}

export function bytes(count) {
  if (count < 1024) return `${count} bytes`;
  return count < 1 << 20 ? `${Math.round(count / 1024)} kB` : `${(count / (1 << 20)).toFixed(1)} MB`;
}

/** How long an answer took, as a colour: quick, usual, slow. */
export function pace(seconds) {
  if (seconds < 3) return "good";
  return seconds < 15 ? "info" : "warn";
}
