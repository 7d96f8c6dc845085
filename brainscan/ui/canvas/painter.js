// The edit mode, as far as the slice and the volume viewer share it: tools, strokes, undo, and a
// draft that is sent to Python and kept here until Python has answered.
//
// Drafts outlive the component. A reader who goes to another slice, scan, model or page finds the
// strokes again; only Save and Discard end a draft.
//
// A host extends Painter and says what lies under the brush:
//   key            what the open draft belongs to, as in drafts
//   mask           the mask that strokes change
//   aspect         height of its pixels in units of their width
//   ownBits        the bytes that the model outlined there; null where it outlined nothing
//   message        what Python needs to keep the draft, beside id and author
//   without(place) the pieces at a place taken away: pairs of a mask and its bytes
//   repaint()      draw the outline again, the controls untouched
//   focus()        give the keys back to the picture
//   shown(change)  bring in sight what a step changed
//   actions        actions of the host's own

const PATIENCE_MS = 20_000; // for Python to say that it has kept an outline
const BESIDE_STROKES = ["smaller", "larger", "radius"]; // what a stroke is not ended for
const drafts = new Map(); // SHA-256 of the scan to its draft

window.addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((draft) => draft.dirty)) event.preventDefault();
});

// Whether a pointer is the eraser end of a pen on its way over the picture.
const erases = ({ buttons }) => (buttons & 32) !== 0;

class Draft {
  constructor() {
    this.history = new PaintHistory();
    this.tool = "brush";
    this.asking = false;
    this.saving = null;
    this.said = "";
  }

  // What the bar of the edit mode shows of any draft.
  get state() {
    const { history, tool, asking, saving, said } = this;
    return {
      tool,
      asking,
      said,
      saving: Boolean(saving),
      canUndo: history.canUndo && !saving,
      canRedo: history.canRedo && !saving,
    };
  }
}

class Painter {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.bar = new EditBar(root.querySelector(".editbar"), this);
    this.draft = null;
    this.stroke = null;
    this.clicked = null; // where a click takes a piece, if it stays a click
    this.at = null; // the image place under the pointer
    this.erasing = false; // the eraser end of a pen is down
    this.author = null;
    this.actions = {};
  }

  // Pixel widths.
  get radius() {
    return this.viewer.settings.brush;
  }

  // What the pointer does now: a pen turned round erases whatever tool is chosen.
  get tool() {
    return this.erasing ? "eraser" : this.draft.tool;
  }

  shown() {}

  // Draw on a draft from now on, or on none. A message in the middle of a stroke ends it only
  // where it brings another scan.
  turnTo(draft) {
    if (draft !== this.draft) this.finishStroke();
    this.draft = draft;
  }

  start(draft) {
    this.draft = draft;
    drafts.set(this.key, draft);
    this.at = null; // where it was last may be long ago
    this.viewer.settings.outline = true;
  }

  end() {
    drafts.delete(this.key);
    this.draft = null;
    this.stroke = this.clicked = null;
  }

  edit(action, value) {
    if (!this.open || mustWait(action, this.draft.saving)) return;
    const { draft, viewer } = this;
    const { settings } = viewer;
    draft.said = "";
    const actions = {
      brush: () => (draft.tool = "brush"),
      eraser: () => (draft.tool = "eraser"),
      piece: () => (draft.tool = "piece"),
      takePiece: () => this.takePiece(this.at),
      radius: () => (settings.brush = value),
      smaller: () => (settings.brush = stepRadius(settings.brush, -1)),
      larger: () => (settings.brush = stepRadius(settings.brush, 1)),
      undo: () => this.shown(draft.history.undo()),
      redo: () => this.shown(draft.history.redo()),
      revert: () => this.replace(this.ownBits),
      clear: () => this.replace(null),
      name: () => (this.author = value),
      cancel: () => this.cancel(),
      keep: () => (draft.asking = false),
      discard: () => this.end(),
      save: () => this.save(),
      ...this.actions,
    };
    if (this.stroke && !BESIDE_STROKES.includes(action)) this.release();
    actions[action]();
    if (!["radius", "name"].includes(action)) this.focus();
    storeSettings(settings);
    viewer.refresh();
  }

  // The whole mask at once; null: empty.
  replace(bits) {
    const { mask } = this;
    this.draft.history.replace([mask, bits ?? new Uint8Array(mask.bits.length)]);
  }

  cancel() {
    const { draft } = this;
    if (draft.dirty) draft.asking = !draft.asking;
    else this.end();
  }

  save() {
    const { draft, viewer } = this;
    if (draft.saving) return;
    if (!draft.dirty) {
      this.end();
      return;
    }
    const id = `${Date.now()}-${Math.random()}`;
    draft.saving = id;
    draft.asking = false;
    viewer.send("outline", { id, author: this.author ?? "", ...this.message });
    setTimeout(() => {
      if (draft.saving !== id) return;
      draft.saving = null;
      draft.said = "BrainScan has not answered yet. Your strokes are kept here; save again.";
      viewer.refresh();
    }, PATIENCE_MS);
  }

  // Word came on what was saved. Return the key of the draft that Python did not keep, if any.
  settle(receipt) {
    const [key, draft] = [...drafts].find(([, { saving }]) => receipt && saving === receipt.id) ?? [];
    if (!draft) return undefined;
    draft.saving = null;
    draft.said = receipt.problem ?? "";
    if (receipt.problem) return key;
    drafts.delete(key);
    return undefined;
  }

  // The pointer is over an image place, or has left (null).
  hover(place, erasing = false) {
    this.at = place;
    this.erasing = erasing;
    if (this.open) this.repaint();
  }

  press(place, erasing) {
    const { draft } = this;
    if (draft.saving) return;
    draft.said = "";
    draft.asking = false;
    this.erasing = erasing;
    if (this.tool === "piece") {
      this.clicked = place;
      return;
    }
    this.stroke = new Stroke(this.mask, this.tool === "eraser" ? 0 : 1, this.radius, this.aspect);
    this.drag([place]);
  }

  takePiece(place) {
    const { draft } = this;
    if (draft.asking) return;
    const taken = place ? this.without(place) : [];
    if (taken.length) draft.history.replace(...taken);
    else draft.said = NO_PIECE;
  }

  drag(places) {
    if (!this.stroke) return;
    for (const place of places) this.stroke.moveTo(...place);
    this.at = places.at(-1);
    this.repaint();
  }

  release() {
    if (!this.stroke && !this.clicked) return;
    if (this.clicked) this.takePiece(this.clicked);
    this.finishStroke();
    this.viewer.refresh();
  }

  finishStroke() {
    if (this.stroke) this.draft.history.push(this.stroke.end());
    this.stroke = this.clicked = null;
  }

  // A second finger came down: it was no stroke but the begin of a pinch.
  abandon() {
    this.stroke?.cancel();
    this.stroke = this.clicked = null;
    this.repaint();
  }
}
