// The edit mode of the slice viewer: the outline of one scan; canvas/painter.js has the rest.

const MOST_DRAFTS = 30;

class SliceDraft extends Draft {
  constructor(mask, name, started) {
    super();
    this.mask = mask;
    this.name = name;
    this.started = started; // the model drawn over: another may be chosen before this is saved
    this.contour = new Contour(mask);
    this.start = new Contour(mask.copy());
  }

  get dirty() {
    return this.history.canUndo;
  }
}

class Editor extends Painter {
  constructor(viewer, root) {
    super(viewer, root);
    this.root = root;
    this.actions = { fill: () => this.replace(filledHoles(this.mask)) };
  }

  get open() {
    return this.draft !== null;
  }

  get key() {
    return this.viewer.scan.scan;
  }

  get mask() {
    return this.draft.mask;
  }

  get aspect() {
    return this.viewer.camera.aspect;
  }

  get ownBits() {
    return this.viewer.scan.outline?.model?.mask.bits ?? null;
  }

  get message() {
    const { scan, width, height } = this.viewer.scan;
    return { scan, width, height, mask: this.mask.encode(), started: this.draft.started };
  }

  // A message came: another scan, or word on what was saved.
  take(scan) {
    this.author ??= scan.author || null;
    const { receipt, listed } = scan;
    for (const sha256 of drafts.keys()) {
      if (listed && !listed.some((start) => sha256.startsWith(start))) drafts.delete(sha256);
    }
    this.settle(receipt);
    this.turnTo((scan.editable && drafts.get(scan.scan)) || null);
  }

  // Where else strokes wait to be saved, in words.
  get waiting() {
    const names = [...drafts.values()].filter((draft) => draft !== this.draft && draft.dirty).map(({ name }) => name);
    if (names.length > 1) return `Unsaved strokes on ${names.length} other scans`;
    return names.length ? `Unsaved strokes on ${names[0]}` : "";
  }

  begin() {
    const { scan } = this.viewer;
    if (this.open || !scan.editable) return;
    const shown = scan.outline?.shown?.mask;
    this.start(new SliceDraft(shown ? shown.copy() : new BitMask(scan.width, scan.height), scan.name, scan.started));
    if (drafts.size > MOST_DRAFTS) {
      const idle = [...drafts].find(([, draft]) => !draft.dirty && draft !== this.draft);
      if (idle) drafts.delete(idle[0]);
    }
  }

  without(place) {
    const bits = withoutPiece(0, place, (index) => (index ? null : this.mask)).get(0);
    return bits ? [[this.mask, bits]] : [];
  }

  repaint() {
    this.viewer.layer.refresh();
  }

  focus() {
    this.viewer.stage.focus({ preventScroll: true });
  }

  update() {
    const { draft, viewer, root, open } = this;
    root.classList.toggle("editing", open);
    root.querySelector(".settings").hidden = open;
    viewer.stage.classList.toggle("painting", open);
    if (!open) {
      this.bar.update({ open });
      return;
    }
    const { spacing } = viewer.scan;
    const drawn = !draft.mask.empty && !draft.saving;
    this.bar.update({
      ...draft.state,
      open,
      radius: this.radius,
      unit: spacing ? spacing[1] : null,
      canRevert: !draft.saving,
      canFill: drawn,
      canClear: drawn,
      name: this.author ?? "",
    });
  }
}
