// A reading room is dark until somebody asks for light. Streamlit keeps the reader's choice of
// theme for each page of the app by itself and begins with "System". Here one choice holds for
// all pages: a light desktop begins with "Dark", and what is chosen later, "System" included, is
// carried to the other pages when they are loaded.
(() => {
  const KEPT = "brainscan.theme";
  const SYSTEM = '"System"';
  const here = `stActiveTheme-${window.location.pathname}-v2`;
  const choices = () => new Map(Object.entries(window.localStorage).filter(([name]) => name.startsWith("stActiveTheme-")));
  try {
    const store = window.localStorage;
    const chosen = store.getItem(here) ?? SYSTEM;
    if (store.getItem(KEPT) === null) {
      const light = window.matchMedia("(prefers-color-scheme: light)").matches;
      store.setItem(KEPT, chosen === SYSTEM && light ? '"Dark"' : chosen);
    }
    const wanted = store.getItem(KEPT);
    // Once a load: Streamlit may not take a choice that it no longer knows.
    const tried = `${KEPT} ${here}`;
    if (chosen !== wanted && window.sessionStorage.getItem(tried) !== wanted) {
      window.sessionStorage.setItem(tried, wanted);
      store.setItem(here, wanted);
      window.location.reload();
      return;
    }
    window.sessionStorage.removeItem(tried);
    const before = choices();
    // The menu may be used on any page that was come to by a link: look for what has changed.
    window.addEventListener("pagehide", () => {
      const now = choices();
      for (const name of new Set([...before.keys(), ...now.keys()])) {
        if (now.get(name) !== before.get(name)) store.setItem(KEPT, now.get(name) ?? SYSTEM);
      }
    });
  } catch (blocked) {
    // Without storage the system's own preference stands.
  }
})();
