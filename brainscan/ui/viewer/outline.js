// The outline over the slice: contour, fill, uncertain border, diameters, and the brush. It has a
// canvas of its own over the panes, so that a stroke draws lines anew and never the slice.

const POSSIBLE_DASH = [9, 5]; // the answer is uncertain: so is the outline

// What Python sends of an outline, with its masks decoded: null where there is none.
function readOutline(outline, { width, height }) {
  if (!outline) return null;
  const contour = (text) => (text ? new Contour(BitMask.decode(text, width, height)) : null);
  return {
    ...outline,
    shown: contour(outline.shown),
    model: contour(outline.model),
    band: outline.band && outline.band.map(contour),
  };
}

class OutlineLayer {
  constructor(canvas, viewer) {
    this.canvas = canvas;
    this.viewer = viewer;
  }

  resize(ratio) {
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }

  // Draw before the next frame, the slice untouched.
  refresh() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.paint();
    });
  }

  paint() {
    const { viewer, canvas } = this;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!viewer.scan || viewer.scan.problem) return;
    const ratio = window.devicePixelRatio || 1;
    for (const pane of viewer.panes) {
      if (pane.hidden) continue;
      const left = Math.round((pane.offsetLeft + pane.clientLeft) * ratio);
      context.save();
      context.setTransform(1, 0, 0, 1, left, 0);
      context.beginPath();
      context.rect(0, 0, pane.width, pane.height);
      context.clip();
      if (pane.dataset.pane === "overlay") this.paintOutline(context, ratio);
      this.paintBrush(context, ratio);
      context.restore();
    }
  }

  paintOutline(context, ratio) {
    const { camera, settings, scan, editor } = this.viewer;
    const { smooth } = settings;
    const { outline } = scan;
    const placed = (contour) => onScreen(contour.path(smooth), camera);
    if (editor.open) {
      const { contour, start } = editor.draft;
      const path = placed(contour);
      fillTinted(context, path, settings.fill);
      strokeCased(context, placed(start), { ratio, width: 1, dash: [2, 4], color: OUTLINE_INK.measure });
      strokeCased(context, path, { ratio, width: 2 });
      return;
    }
    if (!viewerShowsOutline(this.viewer)) return;
    const path = placed(outline.shown);
    fillTinted(context, path, settings.fill);
    if (settings.band && outline.band) drawBand(context, ...outline.band.map(placed), ratio);
    strokeCased(context, path, { ratio, dash: outline.possible ? POSSIBLE_DASH : [] });
    for (const ends of outline.lengths) drawLength(context, ends, camera, ratio);
  }

  paintBrush(context, ratio) {
    const { camera, editor } = this.viewer;
    if (!editor.open || !editor.at) return;
    drawBrush(context, editor.at, editor.radius, camera, editor.tool, ratio);
  }
}

function viewerShowsOutline({ scan, settings }) {
  return settings.outline && Boolean(scan.outline?.shown) && !scan.outline.shown.mask.empty;
}
