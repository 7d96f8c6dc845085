// A reading room is dark until somebody asks for light. Streamlit starts with the choice
// "System"; on the first visit to a page from a light desktop this turns it to "Dark", once.
// Later choices in the menu, "System" included, are left alone.
(() => {
  const path = window.location.pathname;
  const choice = `stActiveTheme-${path}-v2`;
  const visited = `brainscan.visited-${path}`;
  try {
    if (window.localStorage.getItem(visited) !== null) return;
    window.localStorage.setItem(visited, "yes");
    const stored = window.localStorage.getItem(choice);
    const light = window.matchMedia("(prefers-color-scheme: light)").matches;
    if (!light || (stored !== null && stored !== '"System"')) return;
    window.localStorage.setItem(choice, '"Dark"');
    window.location.reload();
  } catch (blocked) {
    // Without storage the system's own preference stands.
  }
})();
