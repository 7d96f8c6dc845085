// The bar of the edit mode, the same in the slice and the volume viewer. Its host is told, by
// edit(action, value): brush, eraser, piece, takePiece, radius (value), smaller, larger, undo, redo,
// fill, revert, clear, name (value), cancel, save, keep, discard. The tools are brush, eraser and piece; a click with the
// last takes a whole piece away.

const TOOLS = ["brush", "eraser", "piece"];
const NO_PIECE = "There is no outline under the pointer.";

class EditBar {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.radius = root.querySelector("[data-edit-radius]");
    this.name = root.querySelector("[data-edit-name]");
    this.radius.max = RADII.length - 1;
    for (const button of root.querySelectorAll("[data-edit]")) {
      button.addEventListener("click", () => host.edit(button.dataset.edit));
    }
    this.radius.addEventListener("input", () => host.edit("radius", RADII[Number(this.radius.value)]));
    this.name.addEventListener("input", () => host.edit("name", this.name.value));
    this.name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") host.edit("save");
      // A letter of the name is no key of the viewer or of the page.
      event.stopPropagation();
    });
  }

  // Fill is offered by hosts that fill. State: { open, tool, radius, unit, canUndo, canRedo, canRevert, canClear, name, asking,
  // saving, said }; unit: what a pixel's width is in mm, or null.
  update(state) {
    this.root.hidden = !state.open;
    if (!state.open) return;
    const button = (name) => this.root.querySelector(`[data-edit=${name}]`);
    for (const tool of TOOLS) button(tool).setAttribute("aria-pressed", String(tool === state.tool));
    button("undo").disabled = !state.canUndo;
    button("redo").disabled = !state.canRedo;
    button("revert").disabled = !state.canRevert;
    button("clear").disabled = !state.canClear;
    button("fill").hidden = state.canFill === undefined;
    button("fill").disabled = !state.canFill;
    button("save").disabled = state.saving;
    this.root.querySelector(".deciding").hidden = state.asking;
    this.root.querySelector(".asking").hidden = !state.asking;
    this.radius.value = Math.max(0, RADII.findIndex((one) => one >= state.radius));
    this.radius.style.setProperty("--fill", `${(100 * this.radius.value) / (RADII.length - 1)}%`);
    this.write("radius", state.unit ? `${lengthWords(state.radius * state.unit)} mm` : `${state.radius} px`);
    this.write("said", state.saving ? "Saving" : state.said ?? "");
    if (this.name.value !== state.name && this.root.getRootNode().activeElement !== this.name) {
      this.name.value = state.name;
    }
  }

  write(name, text) {
    const out = this.root.querySelector(`[data-edit-out=${name}]`);
    if (out.textContent !== text) out.textContent = text;
  }
}

function lengthWords(mm) {
  return mm >= 10 ? String(Math.round(mm)) : mm.toFixed(1);
}

// Until Python has answered, what was sent stays what is seen: a key pressed meanwhile would change
// strokes that are about to be let go of, or discard what is kept.
function mustWait(action, saving) {
  return Boolean(saving) && ["undo", "redo", "fill", "revert", "clear", "discard", "takePiece"].includes(action);
}

const EDIT_KEYS = { b: "brush", e: "eraser", Delete: "takePiece", Backspace: "takePiece", "[": "smaller", "]": "larger", Enter: "save", Escape: "cancel" };

// What a key means while the outline is edited; undefined: nothing of its own. Fills: whether the
// host fills what the outline encloses.
function editAction(event, fills = false) {
  if (event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : undefined;
  }
  return fills && key === "g" ? "fill" : EDIT_KEYS[key];
}
