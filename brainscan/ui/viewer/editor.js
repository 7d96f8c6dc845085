// The edit mode: a draft of the outline, painted on here and kept by Python once it is saved.
//
// Drafts outlive the component. A reader who goes to another scan, another model or another page
// finds the strokes again; only Save and Discard end a draft.

const MOST_DRAFTS = 30;
const PATIENCE_MS = 15_000; // for Python to say that it has kept an outline
const drafts = new Map(); // SHA-256 of the scan to its draft

window.addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((draft) => draft.dirty)) event.preventDefault();
});

class Draft {
  constructor(mask, name, started) {
    this.mask = mask;
    this.name = name;
    this.started = started; // the model drawn over: another may be chosen before this is saved
    this.contour = new Contour(mask);
    this.start = new Contour(mask.copy());
    this.history = new PaintHistory();
    this.tool = "brush";
    this.asking = false;
    this.saving = null;
    this.said = "";
  }

  get dirty() {
    return this.history.canUndo;
  }
}

class Editor {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.root = root;
    this.bar = new EditBar(root.querySelector(".editbar"), this);
    this.draft = null;
    this.stroke = null;
    this.clicked = null; // where a click takes a piece, if it stays a click
    this.at = null; // the image place under the pointer
    this.author = null;
  }

  get open() {
    return this.draft !== null;
  }

  // Pixel widths; not larger than the slice.
  get radius() {
    return this.viewer.settings.brush;
  }

  // A message came: another scan, or word on what was saved.
  take(scan) {
    this.author ??= scan.author || null;
    const { receipt, listed } = scan;
    for (const sha256 of drafts.keys()) {
      if (listed && !listed.some((start) => sha256.startsWith(start))) drafts.delete(sha256);
    }
    const saved = receipt && drafts.get(receipt.scan);
    if (saved && saved.saving === receipt.id) {
      saved.saving = null;
      if (receipt.problem) saved.said = receipt.problem;
      else drafts.delete(receipt.scan);
    }
    const draft = (scan.editable && drafts.get(scan.scan)) || null;
    // A message in the middle of a stroke ends it only where it brings another scan.
    if (draft !== this.draft) this.finishStroke();
    this.draft = draft;
  }

  // Where else strokes wait to be saved, in words.
  get waiting() {
    const names = [...drafts.values()].filter((draft) => draft !== this.draft && draft.dirty).map(({ name }) => name);
    if (names.length > 1) return `Unsaved strokes on ${names.length} other scans`;
    return names.length ? `Unsaved strokes on ${names[0]}` : "";
  }

  begin() {
    const { scan, settings } = this.viewer;
    if (this.open || !scan.editable) return;
    const shown = scan.outline?.shown?.mask;
    this.draft = new Draft(shown ? shown.copy() : new BitMask(scan.width, scan.height), scan.name, scan.started);
    drafts.set(scan.scan, this.draft);
    if (drafts.size > MOST_DRAFTS) {
      const idle = [...drafts].find(([, draft]) => !draft.dirty && draft !== this.draft);
      if (idle) drafts.delete(idle[0]);
    }
    this.at = null; // where it was last may be long ago
    settings.outline = true;
  }

  end() {
    drafts.delete(this.viewer.scan.scan);
    this.draft = null;
    this.stroke = this.clicked = null;
  }

  edit(action, value) {
    const { draft, viewer } = this;
    if (!draft || mustWait(action, draft.saving)) return;
    const { history, mask } = draft;
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
      undo: () => history.undo(),
      redo: () => history.redo(),
      fill: () => history.replace([mask, filledHoles(mask)]),
      revert: () => history.replace([mask, this.modelBits()]),
      clear: () => history.replace([mask, new Uint8Array(mask.bits.length)]),
      name: () => (this.author = value),
      cancel: () => (draft.dirty && !draft.asking ? (draft.asking = true) : draft.asking ? (draft.asking = false) : this.end()),
      keep: () => (draft.asking = false),
      discard: () => this.end(),
      save: () => this.save(),
    };
    if (this.stroke && !["smaller", "larger", "radius"].includes(action)) this.release();
    actions[action]();
    if (!["radius", "name"].includes(action)) viewer.stage.focus({ preventScroll: true });
    viewer.refresh();
  }

  modelBits() {
    const { scan } = this.viewer;
    return scan.outline?.model?.mask.bits ?? new Uint8Array(scan.width * scan.height);
  }

  save() {
    const { draft, viewer } = this;
    const { scan } = viewer;
    if (draft.saving) return;
    if (!draft.dirty) {
      this.end();
      return;
    }
    const id = `${Date.now()}-${Math.random()}`;
    draft.saving = id;
    draft.asking = false;
    viewer.send("outline", {
      id,
      scan: scan.scan,
      width: scan.width,
      height: scan.height,
      mask: draft.mask.encode(),
      author: this.author ?? "",
      started: draft.started,
    });
    setTimeout(() => {
      if (draft.saving !== id) return;
      draft.saving = null;
      draft.said = "BrainScan has not answered yet. Your strokes are kept here; save again.";
      viewer.refresh();
    }, PATIENCE_MS);
  }

  // The pointer is over an image place, or has left (null).
  hover(place) {
    this.at = place;
    if (this.open) this.viewer.layer.refresh();
  }

  press(place, erasing) {
    const { draft, viewer } = this;
    if (draft.saving) return;
    draft.said = "";
    draft.asking = false;
    if (draft.tool === "piece" && !erasing) {
      this.clicked = place;
      return;
    }
    const value = erasing || draft.tool === "eraser" ? 0 : 1;
    this.stroke = new Stroke(draft.mask, value, this.radius, viewer.camera.aspect);
    this.drag([place]);
  }

  takePiece(place) {
    const { mask, history, asking } = this.draft;
    if (asking) return;
    const bits = place && withoutPiece(0, place, (index) => (index ? null : mask)).get(0);
    if (bits) history.replace([mask, bits]);
    else this.draft.said = NO_PIECE;
  }

  drag(places) {
    if (!this.stroke) return;
    for (const place of places) this.stroke.moveTo(...place);
    this.at = places.at(-1);
    this.viewer.layer.refresh();
  }

  release() {
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
    this.viewer.layer.refresh();
  }

  update() {
    const { draft, viewer, root } = this;
    root.classList.toggle("editing", this.open);
    root.querySelector(".settings").hidden = this.open;
    viewer.stage.classList.toggle("painting", this.open);
    const { spacing } = viewer.scan;
    this.bar.update({
      open: this.open,
      tool: draft?.tool,
      radius: this.radius,
      unit: spacing ? spacing[1] : null,
      canUndo: draft?.history.canUndo && !draft.saving,
      canRedo: draft?.history.canRedo && !draft.saving,
      canRevert: draft && !draft.saving,
      canFill: draft ? !draft.mask.empty && !draft.saving : false,
      canClear: draft && !draft.mask.empty && !draft.saving,
      name: this.author ?? "",
      asking: draft?.asking,
      saving: Boolean(draft?.saving),
      said: draft?.said,
    });
  }
}
