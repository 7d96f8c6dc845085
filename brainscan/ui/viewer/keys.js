// Keys work wherever the focus is, except where somebody is typing or choosing. What they do is
// in the viewer's own keymap.js.

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const ARROWS_TAKEN = "input, [role=tab], [role=radio], [role=slider], [role=menuitem], [role=option], [role=listbox]";
const MODAL = "[role=menu], [data-testid=stDialog], [data-testid=stPopoverBody], [data-baseweb=popover]";

function listenToKeys(viewer) {
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (action === "escape" && !viewer.wantsEscape())) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    const taken = event.key.startsWith("Arrow") ? `${TYPING}, ${ARROWS_TAKEN}` : TYPING;
    if (path[0]?.matches(taken) || path.some((node) => node.matches(MODAL))) return;
    viewer.act(action);
    event.preventDefault();
    // Streamlit has keys of its own ("r" runs the script again).
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", pressed, { capture: true, signal: viewer.closing.signal });
}
