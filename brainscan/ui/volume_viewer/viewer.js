// The volume viewer: holds a volume, an answer, an outline, the crosshair and the settings, and
// draws on demand. Nothing here asks Python for anything except the saved picture and to keep an
// outline that the reader drew.

const FAR = 10; // slices for Page Up and Page Down

class VolumeViewer {
  constructor(root) {
    this.root = root;
    this.settings = loadSettings();
    this.closing = new AbortController();
    this.volume = null;
    this.answer = null;
    this.outline = null;
    this.outlineVersion = 0;
    this.cross = [0, 0, 0];
    this.main = "axial";
    this.active = "axial";
    this.places = new Map(); // what a reader left at each volume
    this.views = [...root.querySelectorAll(".view")].map((view) => new PlaneView(view, this));
    this.grey = new Windowing(this);
    this.profile = new Profile(root.querySelector(".profile"), this);
    this.thumbnails = new Thumbnails(root.querySelector(".thumbs"), this);
    this.controls = new Controls(this);
    this.editor = new VolumeEditor(this, root);
    listenToKeys(this);
    listenToSpace(this);
    this.resized = new ResizeObserver(() => this.resize());
    for (const view of this.views) this.resized.observe(view.canvas);
    this.resized.observe(this.profile.canvas);
  }

  close() {
    this.closing.abort();
    this.resized.disconnect();
  }

  show(message, send) {
    this.send = send;
    const { header, section } = openMessage(message);
    this.root.classList.toggle("expecting", header.expecting);
    this.load(header);
    const { download } = header;
    if (download && download.id !== this.saved) {
      this.saved = download.id;
      saveAs(download.name, "image/png", section(download.file));
    }
  }

  // Fetch the volume and the answer unless they are here already.
  async load(header) {
    const { signal } = this.closing;
    const wanted = (this.wanted = header);
    try {
      if (header.volume !== this.volumeAt) {
        this.controls.write("note", "Loading the scan");
        const opened = await fetchMessage(header.volume, signal);
        if (this.wanted.volume !== header.volume || this.volumeAt === header.volume) return;
        this.volumeAt = header.volume;
        this.answerAt = null;
        this.outlineAt = null;
        this.take(new VolumeData(opened));
      }
      if (this.wanted.answer !== this.answerAt) {
        const address = this.wanted.answer;
        const opened = address && (await fetchMessage(address, signal));
        if (this.wanted.answer !== address) return;
        this.answerAt = address;
        this.takeAnswer(opened);
      }
      if (this.wanted.outline !== this.outlineAt) {
        const address = this.wanted.outline;
        const opened = address && (await fetchMessage(address, signal));
        if (this.wanted.outline !== address) return;
        this.outlineAt = address;
        this.takeOutline(opened);
      }
      this.editor.author ??= wanted.author || null;
      this.editor.settle(wanted.receipt);
      this.refresh();
      if (this.wanted === wanted) this.goOnce(wanted.goto);
    } catch (problem) {
      if (!signal.aborted) this.controls.write("note", problem.message);
    }
  }

  takeAnswer(opened) {
    const fits = opened?.header.volume === this.volume.volume;
    const first = fits && !this.answer;
    this.answer = fits ? new Answer(opened, this.volume) : null;
    for (const view of this.views) view.colorKey = null;
    this.thumbnails.key = null;
    if (first && !this.moved && this.answer.keys.length) {
      this.enlarge(this.answer.plane);
      this.goToKey(this.answer.keys[0]);
    }
    this.refresh();
  }

  takeOutline(opened) {
    const fits = opened && opened.header.volume === this.volume.volume;
    this.outline = fits ? new VolumeOutline(opened, this.volume) : null;
    this.outlineVersion += 1;
    this.thumbnails.key = null;
    this.editor.take();
    this.editor.rebase();
  }

  // A slice that Python asks for, once; with a voxel the other planes follow.
  goOnce(request) {
    if (!request || request.id === this.went) return;
    const { plane, index, voxel } = request;
    this.went = request.id;
    this.enlarge(plane);
    const cross = [...this.cross];
    for (const each of Object.keys(AXIS)) {
      const at = each === plane ? index : voxel?.[AXIS[each]];
      if (at !== undefined) cross[AXIS[each]] = this.volume.onScreen(each, at);
    }
    this.moveTo(cross);
  }

  take(volume) {
    if (this.volume) this.places.set(this.volume.volume, { cross: this.cross, grey: this.grey.kept });
    const kept = this.places.get(volume.volume);
    this.volume = volume;
    this.root.classList.remove("loading");
    this.answer = null;
    this.takeOutline(null);
    this.moved = Boolean(kept);
    this.cross = kept?.cross ?? volume.shape.map((size) => Math.floor(size / 2));
    this.main = volume.acquired;
    this.active = volume.acquired;
    for (const view of this.views) view.load(volume);
    this.controls.fill();
    this.grey.load(volume, kept?.grey);
    this.resize();
  }

  get overlayShown() {
    return Boolean(this.answer?.hasEvidence) && this.settings.overlay;
  }

  get outlineShown() {
    if (!this.outline) return false;
    return this.editor.open || (this.settings.outline && !this.outline.empty);
  }

  // Whether the outline crosses a slice on screen of its plane, unsaved strokes included.
  outlinedAt(index) {
    if (!this.outlineShown) return false;
    const edited = this.editor.draft?.slices.get(index);
    return edited ? !edited.mask.empty : this.outline.outlined.has(index);
  }

  view(plane) {
    return this.views.find((view) => view.plane === plane);
  }

  activate(plane) {
    if (this.active === plane) return;
    this.active = plane;
    this.refresh();
  }

  enlarge(plane) {
    this.main = plane;
    this.active = plane;
    this.change("layout", "main");
  }

  goTo(plane, index) {
    const cross = [...this.cross];
    cross[AXIS[plane]] = index;
    this.moveTo(cross);
  }

  goToKey(index) {
    const shown = this.answer.shown(index);
    this.active = this.answer.plane;
    this.moveTo(this.answer.peak(shown));
  }

  moveTo(voxel) {
    this.cross = this.volume.clamp(voxel);
    this.moved = true;
    this.refresh();
  }

  refresh() {
    this.controls.update();
    this.repaint();
  }

  // Draw before the next frame; the controls stay as they are.
  repaint() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.paint();
    });
  }

  paint() {
    if (!this.volume) return;
    for (const view of this.views) view.paint();
    this.profile.paint();
    this.thumbnails.paint();
    this.controls.write("position", this.volume.position(this.cross));
  }

  resize() {
    for (const view of this.views) view.resize();
    if (!this.volume) return;
    this.controls.update();
    this.paint();
  }

  probe(view, clientX, clientY) {
    const voxel = view && this.volume ? view.voxelUnder(clientX, clientY) : null;
    if (!voxel) {
      this.controls.write("probe", "");
      return;
    }
    const parts = [`Value ${number(this.volume.value(voxel))}`];
    if (this.answer?.hasEvidence) {
      parts.push(`Evidence ${this.answer.value(voxel).toFixed(2)}`);
    }
    this.controls.write("probe", parts.join("   "));
  }

  change(setting, value) {
    this.settings[setting] = value;
    storeSettings(this.settings);
    if (setting === "invert") this.grey.tabulate();
    this.refresh();
  }

  // What a key means while the outline is edited.
  editAction(event) {
    return this.editor.open && !this.controls.helpOpen ? editAction(event) : undefined;
  }

  edit(action) {
    this.editor.edit(action);
  }

  wantsEscape() {
    return this.controls.helpOpen || this.root.classList.contains("maximized");
  }

  // The next or previous key slice along the scan, seen from the crosshair.
  stepKey(by) {
    if (!this.answer?.keys.length) return;
    const here = this.cross[AXIS[this.answer.plane]];
    const order = [...this.answer.keys].sort((a, b) => (a - b) * by);
    const ahead = order.find((index) => (this.answer.shown(index) - here) * by > 0);
    this.goToKey(ahead ?? order[0]);
  }

  act(action) {
    if (!this.volume) return;
    this.editor.release();
    const { settings } = this;
    const toggle = (setting) => this.change(setting, !settings[setting]);
    const step = (by) => this.goTo(this.active, this.cross[AXIS[this.active]] + by);
    const zoom = (factor) => this.view(this.active).camera.zoomBy(factor);
    const fit = () => this.views.forEach((view) => view.camera.fit());
    const actions = {
      up: () => step(1),
      down: () => step(-1),
      farUp: () => step(FAR),
      farDown: () => step(-FAR),
      first: () => this.goTo(this.active, 0),
      last: () => this.goTo(this.active, this.volume.depth(this.active) - 1),
      nextKey: () => this.stepKey(1),
      previousKey: () => this.stepKey(-1),
      axial: () => this.enlarge("axial"),
      coronal: () => this.enlarge("coronal"),
      sagittal: () => this.enlarge("sagittal"),
      even: () => this.change("layout", settings.layout === "even" ? "main" : "even"),
      crosshair: () => toggle("crosshair"),
      overlay: () => toggle("overlay"),
      outline: () => toggle("outline"),
      band: () => {
        if (!settings.band) settings.outline = true;
        toggle("band");
      },
      edit: () => (this.editor.open ? this.editor.edit("cancel") : this.editor.begin()),
      invert: () => toggle("invert"),
      smooth: () => toggle("smooth"),
      swapTool: () => this.change("tool", settings.tool === "window" ? "pan" : "window"),
      zoomIn: () => zoom(1.25),
      zoomOut: () => zoom(0.8),
      fit,
      reset: () => {
        this.grey.reset();
        fit();
      },
      save: () => this.save(),
      help: () => this.controls.toggleHelp(),
      escape: () => (this.controls.helpOpen ? this.controls.toggleHelp() : this.maximize()),
      maximize: () => this.maximize(),
    };
    actions[action]();
    this.refresh();
  }

  async maximize() {
    await toggleMaximized(this.root);
    this.controls.update();
    this.view(this.active).root.focus({ preventScroll: true });
  }

  save() {
    const { settings, active, volume } = this;
    this.send("save", {
      volume: volume.volume,
      plane: active,
      index: volume.inFile(active, this.cross[AXIS[active]]),
      window: this.grey.window,
      preset: this.grey.preset,
      invert: settings.invert,
      overlay: this.overlayShown,
      opacity: settings.opacity,
      threshold: settings.threshold,
      colormap: settings.colormap,
      outline: settings.outline,
      band: settings.band,
      fill: settings.fill,
    });
  }
}

export default mounted(VolumeViewer);
