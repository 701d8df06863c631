// Switches between light and dark and remembers it; first.js applies what is remembered.

export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

export function toggle() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("tidegate-theme", theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
