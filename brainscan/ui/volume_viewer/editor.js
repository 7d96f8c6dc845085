// The edit mode of the volume viewer: strokes on several slices make one draft of the outline;
// canvas/painter.js has the rest.

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

class VolumeDraft extends Draft {
  constructor(outline) {
    super();
    this.outline = outline; // digest of the outline drawn over: another may stand when this is saved
    this.slices = new Map(); // by their number on screen, as soon as they are touched
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

class VolumeEditor extends Painter {
  constructor(viewer, root) {
    super(viewer, root);
    const button = (name) => root.querySelector(`[data-edit=${name}]`);
    button("revert").title = "Begin this slice again from what the model outlined; can be undone";
    Object.assign(button("clear"), { textContent: "Clear slice", title: "Take the outline off this slice; can be undone" });
    button("piece").title = "Take away a whole piece, through all slices: click on it, or press Delete over it";
    button("save").title = "Keep the outline of all slices for the scan (Enter)";
  }

  get open() {
    return this.draft !== null && this.viewer.outline !== null;
  }

  get view() {
    return this.viewer.view(this.viewer.outline.plane);
  }

  paintsOn(view) {
    return this.open && view.plane === this.viewer.outline.plane;
  }

  get key() {
    return this.viewer.outline.volume;
  }

  get mask() {
    return this.slice().mask;
  }

  get aspect() {
    return this.view.camera.aspect;
  }

  get ownBits() {
    const { outline } = this.viewer;
    return outline.cut(outline.plane, this.view.index, OUTLINE_BIT.own);
  }

  get message() {
    const { draft, key } = this;
    const slices = draft.changed.map(({ mask }) => [mask.slice, mask.encode()]);
    return { volume: key, outline: draft.outline, slices };
  }

  // Another volume is shown, or another outline of it.
  take() {
    const { outline } = this.viewer;
    this.turnTo((outline && drafts.get(outline.volume)) || null);
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

  settle(receipt) {
    const refused = super.settle(receipt);
    const { outline } = this.viewer;
    // It asks to look at the strokes over the outline that stands now, and to save again.
    if (refused && outline?.volume === refused) drafts.get(refused).outline = outline.outline;
    this.take();
  }

  begin() {
    const { viewer } = this;
    if (this.open || !viewer.outline) return;
    this.start(new VolumeDraft(viewer.outline.outline));
    viewer.enlarge(viewer.outline.plane);
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

  // Through all slices that the piece reaches, as one step.
  without(place) {
    const { draft, view, viewer } = this;
    const maskAt = (index) => viewer.outline.shownOn(view.plane, index, draft);
    return [...withoutPiece(view.index, place, maskAt)].map(([index, bits]) => [this.slice(index).mask, bits]);
  }

  shown(change) {
    const { viewer } = this;
    if (change) viewer.goTo(viewer.outline.plane, change.mask.slice);
  }

  repaint() {
    this.viewer.repaint();
  }

  focus() {
    const { viewer } = this;
    viewer.view(viewer.active).root.focus({ preventScroll: true });
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
      ...draft.state,
      open,
      radius: this.radius,
      unit: viewer.volume.planes[plane].spacing[1],
      canRevert: own && !draft.saving,
      canClear: drawn && !draft.saving,
      name: this.author ?? "",
      said: draft.said || unsaved,
    });
  }
}
