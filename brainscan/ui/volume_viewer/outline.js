// The outline of a volume: the box that holds it, a byte a voxel whose bits say what it belongs
// to, and its cuts through the three planes. outline.py writes what this reads.

const OUTLINE_BIT = Object.freeze({ shown: 1, inner: 2, outer: 4, own: 8 });
const POSSIBLE_DASH = [9, 5]; // the answer is uncertain: so is the outline

class VolumeOutline {
  constructor({ header, section }, volume) {
    Object.assign(this, header);
    this.voxels = section(header.bits);
    this.scan = volume;
    this.outlined = this.slicesWith(OUTLINE_BIT.shown);
  }

  // The slices on screen of the outlined plane that the outline crosses.
  slicesWith(bit) {
    const axis = AXIS[this.plane];
    const [wide, high, deep] = this.shape;
    const found = new Set();
    let at = 0;
    for (let k = 0; k < deep; k += 1) {
      for (let j = 0; j < high; j += 1) {
        for (let i = 0; i < wide; i += 1) {
          if (this.voxels[at] & bit) found.add(this.start[axis] + [i, j, k][axis]);
          at += 1;
        }
      }
    }
    return found;
  }

  // The pixels of a slice that have a bit, one byte each; null where the slice misses the box.
  cut(plane, index, bit) {
    const { start, shape, scan, voxels } = this;
    const axis = AXIS[plane];
    const depth = index - start[axis];
    if (depth < 0 || depth >= shape[axis]) return null;
    const [across, down] = displayAxes(plane);
    const strides = [1, shape[0], shape[0] * shape[1]];
    const [width, height] = [scan.shape[across], scan.shape[down]];
    const bits = new Uint8Array(width * height);
    for (let v = 0; v < shape[down]; v += 1) {
      // Both axes of a slice run against the display.
      let out = (height - 1 - start[down] - v) * width + width - 1 - start[across];
      let at = depth * strides[axis] + v * strides[down];
      for (let u = 0; u < shape[across]; u += 1) {
        if (voxels[at] & bit) bits[out] = 1;
        out -= 1;
        at += strides[across];
      }
    }
    return bits;
  }

  // What is shown on a slice of any plane, with what the reader has drawn and not saved yet.
  shownOn(plane, index, draft) {
    const [across, down] = displayAxes(plane);
    const { scan } = this;
    const [width, height] = [scan.shape[across], scan.shape[down]];
    if (plane === this.plane) {
      const edited = draft?.slices.get(index);
      if (edited) return edited.mask;
    }
    let bits = this.cut(plane, index, OUTLINE_BIT.shown);
    if (plane !== this.plane && draft) {
      bits ??= new Uint8Array(width * height);
      for (const [at, { mask }] of draft.slices) this.layAcross(bits, plane, index, at, mask);
    }
    return bits && new BitMask(width, height, bits);
  }

  // Put the line in which a slice of another plane crosses an edited one into its bits.
  layAcross(bits, plane, index, at, mask) {
    const { scan } = this;
    const [across, down] = displayAxes(plane);
    const [width, height] = [scan.shape[across], scan.shape[down]];
    const [edited, fixed] = [AXIS[this.plane], AXIS[plane]];
    const along = [0, 1, 2].find((axis) => axis !== edited && axis !== fixed);
    const voxel = [0, 0, 0];
    voxel[edited] = at;
    voxel[fixed] = index;
    for (voxel[along] = 0; voxel[along] < scan.shape[along]; voxel[along] += 1) {
      const [fromX, fromY] = scan.placeOf(this.plane, voxel);
      const [x, y] = [width - 1 - voxel[across], height - 1 - voxel[down]];
      bits[y * width + x] = mask.bits[fromY * mask.width + fromX];
    }
  }
}

// What is drawn of an outline on one view; traced anew when slice, outline or strokes change.
class OutlineView {
  constructor(view) {
    this.view = view;
    this.key = null;
    this.contours = {};
  }

  contour(kind) {
    const { view } = this;
    const { outline, outlineVersion, editor } = view.viewer;
    const edited = view.plane === outline.plane ? editor.draft?.slices.get(view.index) : null;
    if (kind === "shown" && edited) return edited.contour;
    const key = `${view.index}/${outlineVersion}/${editor.draft?.version ?? ""}`;
    if (key !== this.key) {
      this.key = key;
      this.contours = {};
    }
    if (!(kind in this.contours)) this.contours[kind] = this.trace(kind);
    return this.contours[kind];
  }

  trace(kind) {
    const { plane, index, viewer } = this.view;
    const { outline, editor } = viewer;
    if (kind === "shown") {
      const mask = outline.shownOn(plane, index, editor.draft);
      return mask && new Contour(mask);
    }
    const bits = outline.cut(plane, index, OUTLINE_BIT[kind]);
    const [across, down] = displayAxes(plane);
    return bits && new Contour(new BitMask(outline.scan.shape[across], outline.scan.shape[down], bits));
  }

  get drawn() {
    const { viewer } = this.view;
    return viewer.outlineShown && Boolean(this.contour("shown")?.mask.box);
  }

  paint(context) {
    const { view } = this;
    const { viewer, camera } = view;
    if (!viewer.outlineShown) return;
    const { settings, outline, editor } = viewer;
    const ratio = window.devicePixelRatio || 1;
    const placed = (contour) => onScreen(contour ? contour.path(settings.smooth) : new Path2D(), camera);
    const painted = editor.paintsOn(view);
    const shown = this.contour("shown");
    const path = placed(shown);
    fillTinted(context, path, settings.fill);
    if (settings.band && outline.band && !editor.open) {
      const [inner, outer] = ["inner", "outer"].map((kind) => this.contour(kind));
      if (outer) drawBand(context, placed(inner), placed(outer), ratio);
    }
    const edited = painted && editor.draft.slices.get(view.index);
    if (edited) {
      strokeCased(context, placed(edited.start), { ratio, width: 1, dash: [2, 4], color: OUTLINE_INK.measure });
    }
    if (shown) {
      const dash = outline.possible && !editor.open ? POSSIBLE_DASH : [];
      strokeCased(context, path, { ratio, width: painted ? 2 : 1.75, dash });
    }
    if (this.largest && !editor.open) {
      for (const ends of outline.largest.lengths) drawLength(context, ends, camera, ratio);
    }
    if (painted && editor.at) {
      drawBrush(context, editor.at, editor.radius, camera, editor.tool, ratio);
    }
  }

  // Whether the diameters are measured on this slice.
  get largest() {
    const { view } = this;
    const { outline } = view.viewer;
    const { largest } = outline;
    return Boolean(largest) && view.plane === outline.plane && outline.scan.onScreen(view.plane, largest.index) === view.index;
  }

  // For the corner of the picture: whose outline this is, and the diameters where they lie.
  words() {
    const { view } = this;
    const { viewer } = view;
    if (!viewer.outline || view.plane !== viewer.outline.plane) return "";
    if (viewer.editor.open) {
      const shown = this.contour("shown");
      const { spacing } = viewer.volume.planes[view.plane];
      return shown ? `Editing the outline\n${areaWords(shown.mask, spacing)} here` : "Editing the outline";
    }
    if (!this.drawn) return "";
    return this.largest ? `${viewer.outline.words}\n${viewer.outline.largest.words}` : viewer.outline.words;
  }
}
