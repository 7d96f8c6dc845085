// A reading room is dark until somebody asks for light. Streamlit keeps the reader's choice of
// theme for each page of the app by itself, under the page that the browser loaded, and begins
// with "System". Here one choice holds for all pages: a light desktop begins with "Dark", and what
// is chosen later, "System" included, is what other pages and tabs begin with when they are loaded.
(() => {
  // The reload below must come of a page's loading, never of this script being laid out again.
  if (window.brainscanKeepsTheme) return;
  window.brainscanKeepsTheme = true;
  const KEPT = "brainscan.theme";
  const SYSTEM = '"System"';
  const here = `stActiveTheme-${window.location.pathname}-v2`;
  const tried = `${KEPT} ${here}`;
  try {
    const store = window.localStorage;
    const chosen = () => store.getItem(here) ?? SYSTEM;
    if (store.getItem(KEPT) === null) {
      const light = window.matchMedia("(prefers-color-scheme: light)").matches;
      store.setItem(KEPT, chosen() === SYSTEM && light ? '"Dark"' : chosen());
    }
    const wanted = store.getItem(KEPT);
    // Once a load: Streamlit may not take a choice that it no longer knows.
    if (chosen() !== wanted && window.sessionStorage.getItem(tried) !== wanted) {
      window.sessionStorage.setItem(tried, wanted);
      store.setItem(here, wanted);
      window.location.reload();
      return;
    }
    window.sessionStorage.removeItem(tried);
    let last = chosen();
    const keep = () => {
      if (chosen() === last) return;
      last = chosen();
      store.setItem(KEPT, last);
    };
    // Nothing tells of a choice, but the menu is left by a click or a key, or the page is.
    window.addEventListener("click", () => setTimeout(keep), { capture: true });
    window.addEventListener("keyup", () => setTimeout(keep), { capture: true });
    for (const leaving of ["blur", "pagehide"]) window.addEventListener(leaving, keep);
  } catch (blocked) {
    // Without storage the system's own preference stands.
  }
})();
