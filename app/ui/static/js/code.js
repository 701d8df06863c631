// Takes a code, or the link it came in, and opens the dashboard with it; where the link led to (#…) stays.

const form = document.getElementById("form");
const problem = document.getElementById("problem");
const USED = "#code-used-up";
const WRONG = "That code doesn't open the dashboard. Each works once, within a minute: get a new one.";

if (location.hash === USED) problem.textContent = "That link was used up or too old: each works once, within a minute.";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const code = codeIn(new FormData(form).get("code").trim());
  const answer = await fetch("/dashboard/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  }).catch(() => null);
  if (answer?.ok) {
    enter();
    return;
  }
  problem.textContent = answer ? WRONG : "Tidegate doesn't answer. Is it running?";
  form.elements.code.select();
});

function enter() {
  if (location.hash === USED) history.replaceState(null, "", location.pathname);
  if (location.pathname === "/") location.reload(); // going to another # of the same address would load nothing
  else location.replace(`/${location.hash}`);
}

function codeIn(text) {
  try {
    return new URL(text).searchParams.get("code") ?? text;
  } catch {
    return text;
  }
}
