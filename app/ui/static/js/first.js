// Runs before the first paint, so that nobody who likes the dark is dazzled: the system's theme, or the chosen one.
"use strict";

{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("tidegate-theme");
    } catch {
      // Without storage the system decides.
    }
    document.documentElement.dataset.theme =
      chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", apply);
  apply();
}
