// Asks the server. Every answer is a value or a Refusal whose message a person can read.

export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const AWAY = "Tidegate doesn't answer. It may have been closed; start it again from your programs.";
const NO_ANSWER_MS = 30_000;

export const api = {
  get: (path) => asked("GET", path),
  post: (path, body = {}, timeout = NO_ANSWER_MS) => asked("POST", path, body, timeout),
  put: (path, body) => asked("PUT", path, body),
  remove: (path) => asked("DELETE", path),
  text: async (path) => (await answer("GET", path)).text(),
};

/** An answer that goes on arriving; the caller reads its body. */
export function streamed(path, body, signal) {
  return answer("POST", path, body, null, signal);
}

async function asked(method, path, body, timeout) {
  const response = await answer(method, path, body, timeout);
  return response.status === 204 ? null : response.json();
}

async function answer(method, path, body, timeout = NO_ANSWER_MS, signal = undefined) {
  const limit = timeout ? AbortSignal.timeout(timeout) : undefined;
  const response = await fetch(path, {
    method,
    headers: { Accept: "application/json", ...(method === "GET" ? {} : { "Content-Type": "application/json" }) },
    body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
    credentials: "same-origin",
    cache: "no-store",
    signal: signal ?? limit,
  }).catch((problem) => {
    if (signal?.aborted) throw problem;
    throw new Refusal(AWAY, 0);
  });
  if (response.status === 401 && !path.startsWith("/auth/") && (await isLocked())) {
    location.replace(`/static/code.html${location.hash}`);
    await new Promise(() => {}); // this page is over
  }
  if (!response.ok) throw new Refusal(await sentenceOf(response), response.status);
  return response;
}

/** A 401 may also be Claude's; only the dashboard's own means that this page is no longer let in. */
async function isLocked() {
  const look = await fetch("/dashboard/logs?lines=1", { credentials: "same-origin" }).catch(() => null);
  return look?.status === 401;
}

async function sentenceOf(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error;
  return (typeof error === "string" ? error : error?.message) ?? body?.sentence ?? `Tidegate answered ${response.status}.`;
}
