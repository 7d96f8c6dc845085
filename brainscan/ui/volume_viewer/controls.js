// Buttons, sliders and words of the volume viewer: what the reader sets and what is set.

function number(value) {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

class Controls {
  constructor(viewer) {
    this.viewer = viewer;
    this.root = viewer.root;
    for (const button of this.all("button[data-act]")) {
      button.addEventListener("click", () => viewer.act(button.dataset.act));
    }
    for (const input of this.all("[data-set]")) {
      input.addEventListener("input", () => {
        viewer.change(input.dataset.set, input.type === "range" ? Number(input.value) : input.value);
      });
    }
    for (const input of this.all("[data-window]")) {
      input.addEventListener("input", () => {
        const [width, level] = ["width", "level"].map((name) => Number(this.one(`[data-window=${name}]`).value));
        viewer.grey.set(width, level);
      });
    }
    const presets = this.one("[data-presets]");
    presets.addEventListener("change", () => viewer.grey.choosePreset(presets.value));
    const whenFull = () => this.update();
    document.addEventListener("fullscreenchange", whenFull, { signal: viewer.closing.signal });
  }

  all(selector) {
    return [...this.root.querySelectorAll(selector)];
  }

  one(selector) {
    return this.root.querySelector(selector);
  }

  write(name, text) {
    const out = this.one(`[data-out=${name}]`);
    if (out.textContent !== text) out.textContent = text;
  }

  get helpOpen() {
    return !this.one(".help").hidden;
  }

  toggleHelp() {
    const help = this.one(".help");
    help.hidden = !help.hidden;
    this.one("[data-act=help]").setAttribute("aria-expanded", String(!help.hidden));
  }

  // What changes with the volume only.
  fill() {
    const { volume } = this.viewer;
    const colormaps = this.one("[data-set=colormap]");
    colormaps.replaceChildren(...Object.keys(volume.colormaps).map((name) => new Option(name, name)));
    const presets = volume.presets.map((preset, at) => {
      const [width, level] = preset.shown.map(number);
      return new Option(`${preset.label} (W ${width} L ${level})`, String(at));
    });
    this.one(".settings").classList.toggle("presets", presets.length > 0);
    this.one("[data-presets]").replaceChildren(...presets, new Option("Automatic", "auto"), new Option("Full range", "full"), new Option("Own window", "own"));
    const [floor, ceiling] = volume.range;
    const step = (ceiling - floor) / 1000 || 1;
    const widest = Math.max(ceiling - floor, ...volume.presets.map((preset) => preset.width));
    Object.assign(this.one("[data-window=width]"), { min: step, max: widest, step });
    Object.assign(this.one("[data-window=level]"), { min: floor, max: ceiling, step });
    this.write("name", volume.name);
    this.write("notice", volume.notice);
    const reduced = volume.factors.some((by) => by > 1);
    this.write("reduced", reduced ? `Shown reduced by ${volume.factors.join(" x ")}; the model reads the full scan` : "");
  }

  // What changes with every setting.
  update() {
    const { viewer, root } = this;
    const { settings, volume, answer } = viewer;
    if (!volume) return;
    root.dataset.layout = settings.layout;
    root.dataset.main = viewer.main;
    root.dataset.tool = settings.tool;
    const pressed = (act, on) => this.one(`[data-act=${act}]`).setAttribute("aria-pressed", String(Boolean(on)));
    for (const act of ["overlay", "invert", "smooth", "crosshair"]) pressed(act, settings[act]);
    for (const plane of Object.keys(AXIS)) pressed(plane, settings.layout === "main" && viewer.main === plane);
    pressed("even", settings.layout === "even");
    pressed("swapTool", settings.tool === "window");
    pressed("maximize", maximized(root));
    for (const view of viewer.views) view.root.classList.toggle("active", view.plane === viewer.active);
    for (const act of ["nextKey", "previousKey"]) this.one(`[data-act=${act}]`).disabled = !answer?.keys.length;
    for (const input of this.all("[data-set]")) input.value = settings[input.dataset.set];
    this.write("opacity", `${Math.round(settings.opacity * 100)} %`);
    this.write("threshold", settings.threshold.toFixed(2));
    const [width, level] = viewer.grey.window;
    this.one("[data-window=width]").value = width;
    this.one("[data-window=level]").value = level;
    const [shownWidth, shownLevel] = viewer.grey.preset === null ? viewer.grey.window : volume.presets[viewer.grey.preset].shown;
    this.write("width", number(shownWidth));
    this.write("level", number(shownLevel));
    this.one("[data-presets]").value = viewer.grey.presetName;
    for (const input of this.all("input[type=range]:not([data-slice])")) {
      const [low, high, value] = [input.min, input.max, input.value].map(Number);
      input.style.setProperty("--fill", `${(100 * (value - low)) / Math.max(high - low, 1e-9)}%`);
    }
    this.updateOutline();
    this.write("note", this.note());
    this.colorbar();
  }

  updateOutline() {
    const { settings, outline, editor } = this.viewer;
    const drawn = Boolean(outline) && !outline.empty;
    const pressed = (act, on) => this.one(`[data-act=${act}]`).setAttribute("aria-pressed", String(Boolean(on)));
    this.one("[data-act=outline]").disabled = !drawn && !editor.open;
    this.one("[data-act=band]").disabled = !outline?.band;
    this.one("[data-act=edit]").disabled = !outline;
    pressed("outline", settings.outline);
    pressed("band", settings.band && outline?.band);
    pressed("edit", editor.open);
    this.one("[data-set=fill]").disabled = !drawn && !editor.open;
    this.write("fill", `${Math.round(settings.fill * 100)} %`);
    editor.update();
  }

  note() {
    const { settings, answer } = this.viewer;
    if (!answer || !settings.overlay) return "";
    return answer.hasEvidence ? "" : "No positive evidence";
  }

  colorbar() {
    const { settings, volume, overlayShown } = this.viewer;
    const bar = this.one(".colorbar");
    bar.hidden = !overlayShown;
    if (!overlayShown) return;
    this.one("[data-mark]").style.bottom = `${settings.threshold * 100}%`;
    const context = bar.querySelector("canvas").getContext("2d");
    const colors = volume.colormaps[settings.colormap];
    context.clearRect(0, 0, 1, 256);
    for (let v = Math.ceil(settings.threshold * 255); v < 256; v += 1) {
      context.fillStyle = `rgb(${colors[3 * v]}, ${colors[3 * v + 1]}, ${colors[3 * v + 2]})`;
      context.fillRect(0, 255 - v, 1, 1);
    }
  }
}
