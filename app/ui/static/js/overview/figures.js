// Four numbers: for how long, how many, how well, how fast.

import { sparkline } from "../chart.js";
import { element, fill } from "../element.js";
import { moment, pace, percent, plural, short, since, ticking, took, whole } from "../format.js";

const SEGMENTS = 7;

export function figures(feed) {
  const [uptime, requests, success, speed] = ["Uptime", "Requests", "Success", "Typical answer"].map(figure);
  const node = element("section", { class: "figures", "aria-label": "Numbers" }, [
    uptime.node,
    requests.node,
    success.node,
    speed.node,
  ]);
  const clock = setInterval(() => feed.overview && uptime.say(ticking(feed.uptime())), 1000);
  return {
    node,
    leave: () => clearInterval(clock),
    update(overview) {
      uptime.say(ticking(feed.uptime()), overview.running ? plural(overview.running, "answer") + " under way" : "Idle");
      uptime.draw(element("p", { class: "small kinds" }, `since ${moment(overview.started_at)}`));
      countRequests(requests, overview.requests);
      rate(success, overview);
      time(speed, overview.latency);
    },
  };
}

function figure(label) {
  const [value, note, drawn] = [
    element("p", { class: "figure-value number" }, "–"),
    element("p", { class: "soft small" }),
    element("div", { class: "figure-drawn" }),
  ];
  return {
    node: element("div", { class: "card figure" }, [element("h2", { class: "soft small" }, label), value, drawn, note]),
    say(text, below) {
      value.textContent = text;
      if (below !== undefined) note.textContent = below;
    },
    draw: (shapes) => fill(drawn, shapes),
  };
}

function countRequests(figure, counts) {
  const from = counts.total ? `, ${`all since ${since(counts.since)}`.replaceAll(" ", "\u00a0")}` : "";
  figure.say(whole(counts.total), `${whole(counts.today)} today${from}`);
  const kinds = [
    ["streamed", counts.streamed],
    ["tools", counts.with_tools],
    ["pictures", counts.with_images],
  ];
  const words = kinds.filter(([, many]) => many).map(([kind, many]) => `${short(many)}\u00a0${kind}`);
  figure.draw(element("p", { class: "small kinds" }, words.join(" · ")));
}

function rate(figure, { success_rate: share, requests }) {
  const failed = requests.failed ? plural(requests.failed, "failure") : requests.total ? "No failures" : "Nothing asked yet";
  figure.say(percent(share), requests.client_left ? `${failed}, ${whole(requests.client_left)} cancelled` : failed);
  const tone = share === null ? "" : share >= 0.95 ? "good" : share >= 0.8 ? "warn" : "bad";
  const lit = share === null ? 0 : Math.max(share > 0 ? 1 : 0, Math.floor(share * SEGMENTS + 1e-9));
  figure.draw(
    element("div", { class: "segments", "data-tone": tone, "aria-hidden": "true" }, [
      Array.from({ length: SEGMENTS }, (_, place) => element("span", { class: place < lit ? "lit" : "" })),
    ]),
  );
}

function time(figure, { p50_seconds: middle, p95_seconds: most, recent_seconds: recent }) {
  figure.say(took(middle), most === null ? "Nothing answered yet" : `95 of 100 within ${took(most)}`);
  const label = recent.length ? `The last ${recent.length} answers took ${recent.map(took).join(", ")}` : "No answers yet";
  figure.draw(sparkline(recent, { tone: pace, label }));
}

