/* Runs before anything is painted: which scheme, which language. Gradio asks the browser for both; we answer for it. */
(() => {
  const root = document.documentElement;
  const language = root.lang;
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  // Gradio writes "en" here where it does not know the language itself.
  new MutationObserver(() => { if (root.lang !== language) root.lang = language; }).observe(root, { attributeFilter: ["lang"] });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => (document.cookie.match(/(?:^|; )ts_scheme=(light|dark)/) || [])[1] || "";
  const apply = () => {
    const scheme = chosen();
    const dark = scheme ? scheme === "dark" : system.matches;
    root.dataset.scheme = dark ? "dark" : "light";
    root.style.colorScheme = dark ? "dark" : "light";
    if (document.body) document.body.classList.toggle("dark", dark);
  };
  const original = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    const list = original(query);
    if (!/prefers-color-scheme/.test(query) || !chosen()) return list;
    const dark = chosen() === "dark";
    /** @type {any} */
    const fixed = { media: query, matches: /dark/.test(query) ? dark : !dark, onchange: null };
    for (const name of ["addListener", "removeListener", "addEventListener", "removeEventListener"]) fixed[name] = () => {};
    return fixed;
  };
  system.addEventListener("change", () => {
    apply();
    window.dispatchEvent(new Event("ts:scheme"));
  });
  document.addEventListener("DOMContentLoaded", apply);
  apply();
  window.TS = window.TS || /** @type {any} */ ({});
  /** Choose "light", "dark" or "system"; kept for a year. */
  window.TS.scheme = (choice) => {
    const age = choice === "system" ? 0 : 31536000;
    document.cookie = `ts_scheme=${choice}; path=/; max-age=${age}; samesite=strict`;
    apply();
    window.dispatchEvent(new Event("ts:scheme"));
  };
  window.TS.schemeChosen = () => chosen() || "system";
})();
