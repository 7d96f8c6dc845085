// Keys work wherever the focus is, except where somebody is typing or choosing. What they do is
// in the viewer's own keymap.js, and while an outline is edited first in its editAction.

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const ARROWS_TAKEN = "input, [role=tab], [role=radio], [role=slider], [role=menuitem], [role=option], [role=listbox]";
const MODAL = "[role=menu], [data-testid=stDialog], [data-testid=stPopoverBody], [data-baseweb=popover]";

function listenToKeys(viewer) {
  const pressed = (event) => {
    if (event.defaultPrevented) return;
    const editing = viewer.editAction?.(event);
    const held = event.ctrlKey || event.metaKey || event.altKey;
    const action = editing ?? (held ? undefined : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]);
    if (!action || (action === "escape" && !viewer.wantsEscape())) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    let taken = event.key.startsWith("Arrow") ? `${TYPING}, ${ARROWS_TAKEN}` : TYPING;
    if (event.key === "Enter") taken += ", button, a, summary";
    if (path[0]?.matches(taken) || path.some((node) => node.matches(MODAL))) return;
    if (editing) viewer.edit(editing);
    else viewer.act(action);
    event.preventDefault();
    // Streamlit has keys of its own ("r" runs the script again).
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", pressed, { capture: true, signal: viewer.closing.signal });
}
