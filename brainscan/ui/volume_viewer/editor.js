// The edit mode: slices of the outline, painted on here and kept by Python once they are saved.
//
// Strokes on several slices make one draft. Drafts outlive the component: a reader who goes to
// another slice, scan, model or page finds them again; only Save and Discard end a draft.

const PATIENCE_MS = 20_000; // for Python to say that it has kept an outline
const drafts = new Map(); // SHA-256 of the volume to its draft

window.addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((draft) => draft.dirty)) event.preventDefault();
});

class DraftSlice {
  constructor(mask, index) {
    this.mask = mask;
    this.mask.slice = index;
    this.contour = new Contour(mask);
    this.start = new Contour(mask.copy());
    this.compared = [mask.version, false];
  }

  get changed() {
    if (this.compared[0] !== this.mask.version) {
      this.compared = [this.mask.version, !this.mask.equals(this.start.mask)];
    }
    return this.compared[1];
  }
}

class VolumeDraft {
  constructor(outline) {
    this.outline = outline; // digest of the outline drawn over: another may stand when this is saved
    this.slices = new Map(); // by their number on screen, as soon as they are touched
    this.history = new PaintHistory();
    this.tool = "brush";
    this.asking = false;
    this.saving = null;
    this.said = "";
  }

  get version() {
    let sum = 0;
    for (const { mask } of this.slices.values()) sum += mask.version + 1;
    return sum;
  }

  get changed() {
    return [...this.slices.values()].filter((slice) => slice.changed);
  }

  get dirty() {
    return this.changed.length > 0;
  }
}

class VolumeEditor {
  constructor(viewer, root) {
    this.viewer = viewer;
    this.bar = new EditBar(root.querySelector(".editbar"), this);
    this.draft = null;
    this.stroke = null;
    this.clicked = null; // where a click takes a piece, if it stays a click
    this.at = null; // the image place under the pointer
    this.author = null;
    const button = (name) => root.querySelector(`[data-edit=${name}]`);
    button("revert").title = "Begin this slice again from what the model outlined; can be undone";
    Object.assign(button("clear"), { textContent: "Clear slice", title: "Take the outline off this slice; can be undone" });
    button("piece").title = "Take away a whole piece, through all slices: click on it, or press Delete over it";
    button("save").title = "Keep the outline of all slices for the scan (Enter)";
  }

  get open() {
    return this.draft !== null && this.viewer.outline !== null;
  }

  // Pixel widths.
  get radius() {
    return this.viewer.settings.brush;
  }

  get view() {
    return this.viewer.view(this.viewer.outline.plane);
  }

  paintsOn(view) {
    return this.open && view.plane === this.viewer.outline.plane;
  }

  // Another volume is shown, or another outline of it.
  take() {
    const { outline } = this.viewer;
    const draft = (outline && drafts.get(outline.volume)) || null;
    // A message in the middle of a stroke ends it only where it brings another volume.
    if (draft !== this.draft) this.finishStroke();
    this.draft = draft;
  }

  // Slices touched but left as they were follow the outline that has taken the place of theirs.
  rebase() {
    const { draft, viewer } = this;
    for (const [index, slice] of draft?.slices ?? []) {
      if (slice.changed || this.stroke?.mask === slice.mask) continue;
      const bits = viewer.outline.cut(viewer.outline.plane, index, OUTLINE_BIT.shown);
      for (const mask of [slice.mask, slice.start.mask]) mask.fill(bits ?? new Uint8Array(mask.bits.length));
      draft.history.forget(slice.mask);
    }
  }

  // Word came on what was saved.
  settle(receipt) {
    if (!receipt) return;
    for (const [volume, draft] of drafts) {
      if (draft.saving !== receipt.id) continue;
      draft.saving = null;
      if (receipt.problem) {
        draft.said = receipt.problem;
        // It asks to look at the strokes over the outline that stands now, and to save again.
        if (this.viewer.outline?.volume === volume) draft.outline = this.viewer.outline.outline;
      } else drafts.delete(volume);
    }
    this.take();
  }

  begin() {
    const { viewer } = this;
    if (this.open || !viewer.outline) return;
    this.draft = new VolumeDraft(viewer.outline.outline);
    drafts.set(viewer.outline.volume, this.draft);
    this.at = null; // where it was last may be long ago
    viewer.settings.outline = true;
    viewer.enlarge(viewer.outline.plane);
  }

  end() {
    drafts.delete(this.viewer.outline.volume);
    this.draft = null;
    this.stroke = this.clicked = null;
  }

  // A slice, that in sight unless another is named, ready to be painted on.
  slice(index = this.view.index) {
    const { draft, view, viewer } = this;
    const { plane } = view;
    if (!draft.slices.has(index)) {
      const { width, height } = view.grey;
      const bits = viewer.outline.cut(plane, index, OUTLINE_BIT.shown) ?? undefined;
      draft.slices.set(index, new DraftSlice(new BitMask(width, height, bits), index));
    }
    return draft.slices.get(index);
  }

  edit(action, value) {
    if (!this.open || mustWait(action, this.draft.saving)) return;
    const { draft, viewer } = this;
    const { settings } = viewer;
    draft.said = "";
    // What a step changed comes in sight.
    const show = (change) => change && viewer.goTo(viewer.outline.plane, change.mask.slice);
    const replaced = (bits) => {
      const { mask } = this.slice();
      draft.history.replace([mask, bits ?? new Uint8Array(mask.bits.length)]);
    };
    const actions = {
      brush: () => (draft.tool = "brush"),
      eraser: () => (draft.tool = "eraser"),
      piece: () => (draft.tool = "piece"),
      takePiece: () => this.takePiece(this.at),
      radius: () => (settings.brush = value),
      smaller: () => (settings.brush = stepRadius(settings.brush, -1)),
      larger: () => (settings.brush = stepRadius(settings.brush, 1)),
      undo: () => show(draft.history.undo()),
      redo: () => show(draft.history.redo()),
      revert: () => replaced(viewer.outline.cut(viewer.outline.plane, this.view.index, OUTLINE_BIT.own)),
      clear: () => replaced(null),
      name: () => (this.author = value),
      cancel: () => this.cancel(),
      keep: () => (draft.asking = false),
      discard: () => this.end(),
      save: () => this.save(),
    };
    if (this.stroke && !["smaller", "larger", "radius"].includes(action)) this.release();
    actions[action]();
    if (!["radius", "name"].includes(action)) viewer.view(viewer.active).root.focus({ preventScroll: true });
    storeSettings(settings);
    viewer.refresh();
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
    viewer.send("outline", {
      id,
      volume: viewer.outline.volume,
      outline: draft.outline,
      slices: draft.changed.map(({ mask }) => [mask.slice, mask.encode()]),
      author: this.author ?? "",
    });
    setTimeout(() => {
      if (draft.saving !== id) return;
      draft.saving = null;
      draft.said = "BrainScan has not answered yet. Your strokes are kept here; save again.";
      viewer.refresh();
    }, PATIENCE_MS);
  }

  // The pointer is over an image place of the painted view, or has left (null).
  hover(place) {
    this.at = place;
    if (this.open) this.viewer.repaint();
  }

  press(place, erasing) {
    const { draft, view } = this;
    if (draft.saving) return;
    draft.said = "";
    draft.asking = false;
    if (draft.tool === "piece" && !erasing) {
      this.clicked = place;
      return;
    }
    const value = erasing || draft.tool === "eraser" ? 0 : 1;
    this.stroke = new Stroke(this.slice().mask, value, this.radius, view.camera.aspect);
    this.drag([place]);
  }

  // Through all slices that the piece reaches, as one step.
  takePiece(place) {
    const { draft, view, viewer } = this;
    if (draft.asking) return;
    const maskAt = (index) => viewer.outline.shownOn(view.plane, index, draft);
    const found = place ? withoutPiece(view.index, place, maskAt) : new Map();
    if (!found.size) draft.said = NO_PIECE;
    draft.history.replace(...[...found].map(([index, bits]) => [this.slice(index).mask, bits]));
  }

  drag(places) {
    if (!this.stroke) return;
    for (const place of places) this.stroke.moveTo(...place);
    this.at = places.at(-1);
    this.viewer.repaint();
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
    this.viewer.repaint();
  }

  update() {
    const { draft, viewer, open } = this;
    viewer.root.classList.toggle("editing", open);
    viewer.root.querySelector(".settings").hidden = open;
    for (const view of viewer.views) view.root.classList.toggle("painting", this.paintsOn(view));
    if (!open) {
      this.bar.update({ open });
      return;
    }
    const { plane, own } = viewer.outline;
    const mask = draft.slices.get(this.view.index)?.mask;
    const drawn = mask ? !mask.empty : viewer.outline.outlined.has(this.view.index);
    const count = draft.changed.length;
    const unsaved = count
      ? `Unsaved strokes on ${count} ${plane} slice${count === 1 ? "" : "s"}`
      : `Paint on the ${plane} slices; the other planes follow.`;
    this.bar.update({
      open,
      tool: draft.tool,
      radius: this.radius,
      unit: viewer.volume.planes[plane].spacing[1],
      canUndo: draft.history.canUndo && !draft.saving,
      canRedo: draft.history.canRedo && !draft.saving,
      canRevert: own && !draft.saving,
      canClear: drawn && !draft.saving,
      name: this.author ?? "",
      asking: draft.asking,
      saving: Boolean(draft.saving),
      said: draft.said || unsaved,
    });
  }
}
