/* Light, dark or as the system has it: set before the first paint, so that nothing flashes. Without this script the
   system's choice holds. */
(() => {
  const _ = text => JSON.parse(document.getElementById("press-words")?.textContent ?? "{}")[text] ?? text;
  const MODES = ["auto", "light", "dark"];
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let mode = "auto";
  try { mode = localStorage.getItem("mode") || mode; } catch { /* storage may be forbidden; the choice lasts a page */ }

  const apply = () => {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
    const button = document.querySelector(".press-mode");
    if (!button) return;
    button.hidden = false;
    button.querySelector("span").textContent = { auto: _("Auto"), light: _("Light"), dark: _("Dark") }[mode];
    button.setAttribute("aria-label", _("Colours:") + ` ${button.textContent.trim()}`);
  };

  apply();
  system.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.querySelector(".press-mode")?.addEventListener("click", () => {
      mode = MODES[(MODES.indexOf(mode) + 1) % MODES.length];
      try { localStorage.setItem("mode", mode); } catch { /* see above */ }
      apply();
    });
    // On a phone the contents cover the page; a link to a place on it uncovers that place.
    document.getElementById("contents")?.addEventListener("click", (event) => {
      const contents = event.currentTarget;
      if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
    });
  });
})();
