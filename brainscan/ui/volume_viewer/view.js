// One plane on screen: its slice, overlay, crosshair, letters, scale and slider.

const RULER = 0.3; // largest share of the view's width that the scale bar takes
const HATCH = 8; // device pixels between the lines over slices that were not read

function hatching(context) {
  const tile = Object.assign(document.createElement("canvas"), { width: HATCH, height: HATCH });
  const pen = tile.getContext("2d");
  pen.strokeStyle = "rgba(231, 233, 236, 0.22)";
  for (const shift of [-HATCH, 0, HATCH]) {
    pen.moveTo(shift, HATCH);
    pen.lineTo(shift + HATCH, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

class PlaneView {
  constructor(root, viewer) {
    this.root = root;
    this.plane = root.dataset.plane;
    this.viewer = viewer;
    this.canvas = root.querySelector("canvas");
    this.slider = root.querySelector("input[type=range]");
    this.camera = new Camera();
    this.grey = document.createElement("canvas");
    this.color = document.createElement("canvas");
    this.outline = new OutlineView(this);
    this.slider.addEventListener("input", () => viewer.goTo(this.plane, Number(this.slider.value)));
    root.addEventListener("focusin", () => viewer.activate(this.plane));
    listenToView(this, viewer);
  }

  get index() {
    return this.viewer.cross[AXIS[this.plane]];
  }

  load(volume) {
    const { spacing } = volume.planes[this.plane];
    const [across, down] = displayAxes(this.plane);
    const [width, height] = [volume.shape[across], volume.shape[down]];
    this.camera.setImage(width, height, spacing[0] / spacing[1]);
    Object.assign(this.grey, { width, height });
    this.slider.max = volume.depth(this.plane) - 1;
    for (const [edge, letter] of Object.entries(volume.planes[this.plane].letters)) {
      this.root.querySelector(`[data-edge=${edge}]`).textContent = letter;
    }
    this.forget();
  }

  forget() {
    this.greyKey = null;
    this.colorKey = null;
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
    }
    this.camera.setPane(width, height);
  }

  paint() {
    const { viewer, canvas, camera } = this;
    const { volume, settings } = viewer;
    const context = canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!volume || canvas.width < 2) return;
    this.drawGrey();
    const place = [camera.left, camera.top, camera.width * camera.zoom, camera.height * camera.down];
    context.imageSmoothingEnabled = settings.smooth;
    context.imageSmoothingQuality = camera.zoom > 1 ? "high" : "medium";
    context.drawImage(this.grey, ...place);
    if (viewer.overlayShown) {
      this.drawColor();
      context.globalAlpha = settings.opacity;
      const [left, top, wide, high] = viewer.answer.extent(this.plane);
      const { zoom, down } = camera;
      context.drawImage(this.color, camera.left + left * zoom, camera.top + top * down, wide * zoom, high * down);
      context.globalAlpha = 1;
    }
    this.drawUnread(context);
    if (settings.crosshair && !viewer.editor.paintsOn(this)) this.drawCrosshair(context);
    this.outline.paint(context);
    this.write();
  }

  // Hatching where the other planes cross slices that the model did not read.
  drawUnread(context) {
    const { viewer, camera, plane } = this;
    const { answer, volume } = viewer;
    if (!viewer.overlayShown || answer.plane === plane) return;
    const axis = AXIS[answer.plane];
    const [across] = displayAxes(plane);
    const shape = volume.shape[axis];
    context.fillStyle = hatching(context);
    for (let from = 0; from < shape; from += 1) {
      let to = from;
      while (to < shape && answer.of(to)?.state === "no_brain") to += 1;
      if (to === from) continue;
      // Both axes of a slice run against the display.
      const [first, size] = [shape - to, to - from];
      const { left, top, zoom, down, width, height } = camera;
      if (axis === across) context.fillRect(left + first * zoom, top, size * zoom, height * down);
      else context.fillRect(left, top + first * down, width * zoom, size * down);
      from = to;
    }
  }

  drawGrey() {
    const { viewer, index } = this;
    const key = `${index}/${viewer.grey.version}`;
    if (key === this.greyKey) return;
    this.greyKey = key;
    const { pixels, width, height } = viewer.volume.cut(this.plane, index);
    paintPixels(this.grey, pixels, width, height, viewer.grey.table);
  }

  drawColor() {
    const { viewer, index } = this;
    const { settings, volume, answer } = viewer;
    const key = `${index}/${settings.threshold}/${settings.colormap}`;
    if (key === this.colorKey) return;
    this.colorKey = key;
    const { pixels, width, height } = answer.cut(this.plane, index);
    if (this.color.width !== width || this.color.height !== height) Object.assign(this.color, { width, height });
    const table = colorTable(volume.colormaps[settings.colormap], settings.threshold);
    paintPixels(this.color, pixels, width, height, table);
  }

  // Lines through the crosshair's voxel, open around it so that it can be seen.
  drawCrosshair(context) {
    const { camera, canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const [x, y] = this.viewer.volume.placeOf(this.plane, this.viewer.cross);
    const px = camera.left + (x + 0.5) * camera.zoom;
    const py = camera.top + (y + 0.5) * camera.down;
    const gap = 12 * ratio;
    context.strokeStyle = "rgba(124, 199, 255, 0.75)";
    context.lineWidth = ratio;
    context.beginPath();
    for (const [from, to] of [[0, px - gap], [px + gap, canvas.width]]) {
      if (to > from) context.moveTo(from, py), context.lineTo(to, py);
    }
    for (const [from, to] of [[0, py - gap], [py + gap, canvas.height]]) {
      if (to > from) context.moveTo(px, from), context.lineTo(px, to);
    }
    context.stroke();
  }

  write() {
    const { viewer, root, index, plane } = this;
    const count = viewer.volume.depth(plane);
    const number = viewer.volume.inFile(plane, index) + 1;
    const total = viewer.volume.full[AXIS[plane]];
    const out = (name, text) => {
      const element = root.querySelector(`[data-out=${name}]`);
      if (element.textContent !== text) element.textContent = text;
    };
    root.dataset.index = index;
    this.slider.value = index;
    this.slider.style.setProperty("--fill", `${(100 * index) / Math.max(1, count - 1)}%`);
    const read = viewer.answer?.plane === plane ? viewer.answer.of(index) : null;
    const probability = read?.probability ?? null;
    out("slice", `${number} / ${total}`);
    out("place", viewer.volume.level(plane, viewer.cross));
    out("score", probability === null ? "" : `Slice probability ${probability.toFixed(2)}`);
    out("outlined", this.outline.words());
    out("state", this.stateOf(read));
    this.writeRuler();
    root.setAttribute("aria-label", `${plane} slice ${number} of ${total}`);
  }

  stateOf(read) {
    if (!read) return "";
    if (read.state === "no_brain") return "Not read: too little head";
    if (read.refused) return "The input gate would refuse this slice by itself";
    return this.viewer.overlayShown && !read.hasEvidence ? "No positive evidence on this slice" : "";
  }

  writeRuler() {
    const ratio = window.devicePixelRatio || 1;
    const { spacing } = this.viewer.volume.planes[this.plane];
    const pixelsPerMm = this.camera.zoom / ratio / spacing[1];
    const longest = (RULER * this.canvas.clientWidth) / pixelsPerMm;
    const mm = [200, 100, 50, 20, 10, 5, 2, 1].find((length) => length <= longest) ?? 1;
    const ruler = this.root.querySelector(".ruler");
    ruler.querySelector("i").style.width = `${mm * pixelsPerMm}px`;
    ruler.querySelector("span").textContent = mm >= 10 ? `${mm / 10} cm` : `${mm} mm`;
  }

  // The place of the slice under a point of the browser window.
  placeUnder(clientX, clientY) {
    const ratio = window.devicePixelRatio || 1;
    const box = this.canvas.getBoundingClientRect();
    return this.camera.toImage((clientX - box.left) * ratio, (clientY - box.top) * ratio);
  }

  // The voxel under a point of the browser window; null outside of the slice.
  voxelUnder(clientX, clientY, clamped = false) {
    const [x, y] = this.placeUnder(clientX, clientY).map(Math.floor);
    const inside = x >= 0 && y >= 0 && x < this.camera.width && y < this.camera.height;
    if (!inside && !clamped) return null;
    return this.viewer.volume.clamp(this.viewer.volume.voxelAt(this.plane, this.index, x, y));
  }
}
