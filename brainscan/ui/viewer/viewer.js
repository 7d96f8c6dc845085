// The viewer: holds one scan, the reader's settings and the camera, and draws on demand.
// Nothing here asks Python for anything except next, previous, the saved picture and to keep an
// outline that the reader drew.

const ALWAYS = ["next", "previous", "maximize", "help", "escape"]; // also without a picture

class Viewer {
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector(".stage");
    this.panes = [...root.querySelectorAll("canvas.pane")];
    this.settings = loadSettings();
    this.camera = new Camera();
    this.closing = new AbortController();
    this.controls = new Controls(this);
    this.layer = new OutlineLayer(root.querySelector(".layer"), this);
    this.editor = new Editor(this, root);
    this.spaceHeld = false;
    this.scan = null;
    listenToGestures(this.stage, this);
    listenToKeys(this);
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.stage);
  }

  close() {
    this.closing.abort();
    this.resized.disconnect();
  }

  show(message, send) {
    this.send = send;
    const scan = readPayload(message);
    const last = this.scan;
    this.scan = scan;
    if (scan.scan !== last?.scan) {
      this.grey = new GreyRaster(scan.pixels, scan.width, scan.height);
      this.setPreset(scan.presets.length ? 0 : null);
      const [down, across] = scan.spacing ?? [1, 1];
      this.camera.setImage(scan.width, scan.height, down / across);
    }
    if (scan.scan !== last?.scan || scan.answer !== last?.answer) {
      this.rasters = new Map(scan.maps.map((map) => [map.key, new MapRaster(map)]));
    }
    this.editor.take(scan);
    this.controls.fill();
    this.refresh();
    if (scan.download && scan.download.id !== last?.download?.id) {
      saveAs(scan.download.name, "image/png", scan.download.bytes);
    }
  }

  // The chosen map, or the first one where this model has no such map.
  get map() {
    return this.scan.maps.find((map) => map.key === this.settings.source) ?? this.scan.maps[0];
  }

  get overlayShown() {
    return Boolean(this.map?.hasEvidence) && this.settings.overlay;
  }

  refresh() {
    storeSettings(this.settings);
    this.controls.update();
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.paint();
    });
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    for (const pane of this.panes) {
      const width = Math.max(1, Math.round(pane.clientWidth * ratio));
      const height = Math.max(1, Math.round(pane.clientHeight * ratio));
      if (pane.width !== width || pane.height !== height) Object.assign(pane, { width, height });
    }
    this.layer.resize(ratio);
    const overlay = this.panes[1];
    this.camera.setPane(overlay.width, overlay.height);
    if (!this.scan) return;
    this.controls.update();
    this.paint();
  }

  paint() {
    if (!this.scan || this.camera.pane.width < 2) return;
    const { slope, intercept } = this.scan;
    const [black, white] = windowEnds(this.window, this.scan.integer);
    const ends = [(black - intercept) / slope, (white - intercept) / slope];
    this.grey.setWindow(...ends, this.settings.invert, this.shading?.curve);
    const level = this.grey.at(Math.max(this.camera.zoom, this.camera.down));
    for (const pane of this.panes) {
      if (!pane.hidden) this.paintPane(pane, level, pane.dataset.pane === "overlay");
    }
    this.layer.paint();
  }

  paintPane(pane, { canvas, factor }, withOverlay) {
    const { camera, settings, scan } = this;
    const context = pane.getContext("2d");
    context.globalAlpha = 1;
    context.fillStyle = "#000";
    context.fillRect(0, 0, pane.width, pane.height);
    const [across, down] = [camera.zoom * factor, camera.down * factor];
    context.imageSmoothingEnabled = settings.smooth;
    // The pyramid has done the averaging; only enlarging gains from the better filter.
    context.imageSmoothingQuality = Math.max(across, down) > 1 ? "high" : "low";
    context.drawImage(canvas, camera.left, camera.top, canvas.width * across, canvas.height * down);
    if (!withOverlay || !this.overlayShown) return;
    const colors = scan.colormaps[settings.colormap];
    const map = this.rasters.get(this.map.key).draw(colors, settings.colormap, settings.threshold);
    context.globalAlpha = settings.opacity;
    context.drawImage(map, camera.left, camera.top, scan.width * camera.zoom, scan.height * camera.down);
  }

  // The pane at a place of the browser window, or the nearest thing to it.
  paneAt(clientX) {
    const shown = this.panes.filter((pane) => !pane.hidden);
    const within = (box) => clientX >= box.left && clientX < box.right;
    return shown.find((pane) => within(pane.getBoundingClientRect())) ?? shown[0];
  }

  // Where a point of the browser window lies in a pane, in device pixels.
  inPane(clientX, clientY, pane = this.paneAt(clientX)) {
    const ratio = window.devicePixelRatio || 1;
    const box = pane.getBoundingClientRect();
    return [(clientX - box.left - pane.clientLeft) * ratio, (clientY - box.top) * ratio];
  }

  placeAt(clientX, clientY, pane) {
    return this.camera.toImage(...this.inPane(clientX, clientY, pane));
  }

  // The pointer is over the stage, or has left it (null).
  hover(event, pane) {
    if (!this.editor.open) return;
    if (event) this.editor.hover(this.placeAt(event.clientX, event.clientY, pane), erases(event));
    else this.editor.hover(null);
  }

  probe(clientX, clientY) {
    if (!this.scan || this.scan.problem) return;
    if (clientX === null) {
      this.controls.write("probe", "");
      return;
    }
    const { scan, map } = this;
    const [x, y] = this.camera.toImage(...this.inPane(clientX, clientY)).map(Math.floor);
    if (x < 0 || y < 0 || x >= scan.width || y >= scan.height) {
      this.controls.write("probe", "");
      return;
    }
    const value = scan.pixels[y * scan.width + x] * scan.slope + scan.intercept;
    const parts = [`x ${x}  y ${y}`, `value ${number(value)}`];
    if (map?.hasEvidence) {
      const level = this.rasters.get(map.key).value(x, y, scan.width, scan.height);
      parts.push(`${map.probe} ${level.toFixed(2)}`);
    }
    this.controls.write("probe", parts.join("   "));
  }

  zoomAt(factor, clientX, clientY) {
    this.camera.zoomBy(factor, ...this.inPane(clientX, clientY));
    this.refresh();
  }

  pan(dx, dy) {
    const ratio = window.devicePixelRatio || 1;
    this.camera.panBy(dx * ratio, dy * ratio);
    this.refresh();
  }

  // Sideways changes the width, up makes the picture darker (raises the level).
  dragWindow(dx, dy) {
    const [floor, ceiling] = this.scan.range;
    const step = (ceiling - floor) / 512;
    const [width, level] = this.window;
    this.setWindow(width + dx * step, level - dy * step);
  }

  setWindow(width, level) {
    const within = ([least, most], value) => Math.min(most, Math.max(least, value));
    const { limits } = this.scan;
    this.window = [within(limits.width, width), within(limits.level, level)];
    this.refresh();
  }

  // Show the values as one of the file's windows does; null: as a straight line over the window
  // that Python chose. The function stays when the reader moves the window.
  setPreset(index) {
    this.preset = index;
    const { presets, window: first } = this.scan;
    this.window = index === null ? [...first] : [presets[index].width, presets[index].level];
  }

  setStraight(window) {
    this.preset = null;
    this.window = [...window];
  }

  get shading() {
    return this.preset === null ? undefined : this.scan.presets[this.preset];
  }

  // Whether the window is still where the file has it.
  get presetUnmoved() {
    const { shading } = this;
    return Boolean(shading) && this.window[0] === shading.width && this.window[1] === shading.level;
  }

  change(setting, value) {
    this.settings[setting] = value;
    this.refresh();
  }

  // What a key means while the outline is edited.
  editAction(event) {
    return this.editor.open && !this.controls.helpOpen ? editAction(event, true) : undefined;
  }

  edit(action) {
    this.editor.edit(action);
  }

  wantsEscape() {
    return this.controls.helpOpen || this.root.classList.contains("maximized");
  }

  act(action) {
    if (!this.scan) return;
    const { settings, camera, scan } = this;
    const toggle = (setting) => this.change(setting, !settings[setting]);
    const step = (by) => {
      const { index, count } = scan.position;
      if (index + by >= 0 && index + by < count) this.send("step", by);
    };
    const actions = {
      next: () => step(1),
      previous: () => step(-1),
      overlay: () => toggle("overlay"),
      outline: () => toggle("outline"),
      band: () => {
        if (!settings.band) settings.outline = true;
        toggle("band");
      },
      edit: () => (this.editor.open ? this.editor.edit("cancel") : this.editor.begin()),
      invert: () => toggle("invert"),
      smooth: () => toggle("smooth"),
      split: () => {
        if (!settings.split) settings.overlay = true;
        toggle("split");
      },
      swapTool: () => this.change("tool", settings.tool === "pan" ? "window" : "pan"),
      zoomIn: () => camera.zoomBy(1.25),
      zoomOut: () => camera.zoomBy(0.8),
      fit: () => camera.fit(),
      actual: () => camera.zoomBy(1 / camera.zoom),
      auto: () => this.setStraight(scan.auto),
      full: () => this.setStraight(scan.full),
      reset: () => {
        this.setPreset(scan.presets.length ? 0 : null);
        camera.fit();
      },
      help: () => this.controls.toggleHelp(),
      escape: () => (this.controls.helpOpen ? this.controls.toggleHelp() : this.maximize()),
      maximize: () => this.maximize(),
      save: () => this.save(),
    };
    if (scan.problem && !ALWAYS.includes(action)) return;
    actions[action]();
    this.controls.speak(action);
    this.refresh();
  }

  async maximize() {
    await toggleMaximized(this.root);
    this.controls.update();
    this.stage.focus({ preventScroll: true });
  }

  save() {
    const { settings } = this;
    this.send("save", {
      scan: this.scan.scan,
      source: this.overlayShown ? this.map.key : null,
      window: this.window,
      preset: this.preset,
      opacity: settings.opacity,
      threshold: settings.threshold,
      colormap: settings.colormap,
      invert: settings.invert,
      outline: viewerShowsOutline(this),
      band: settings.band,
      fill: settings.fill,
    });
  }
}

export default mounted(Viewer);
