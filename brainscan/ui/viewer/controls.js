// Buttons, sliders and the words in the corners: what the reader sets and what is set.

const SPOKEN = {
  overlay: (s) => `Overlay ${s.overlay ? "on" : "off"}`,
  outline: (s) => `Outline ${s.outline ? "on" : "off"}`,
  band: (s) => `Uncertain border ${s.band ? "on" : "off"}`,
  edit: (s, viewer) => (viewer.editor.open ? "Editing the outline" : "Editing ended"),
  invert: (s) => (s.invert ? "Inverted" : "Not inverted"),
  split: (s) => (s.split ? "Side by side" : "One picture"),
  smooth: (s) => (s.smooth ? "Smooth" : "Pixels"),
  swapTool: (s) => (s.tool === "pan" ? "Drag moves the image" : "Drag sets the window"),
  reset: () => "Window and zoom reset",
};

function number(value) {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

const CURVES = { SIGMOID: "  sigmoid", TABLE: "  table" };

function pixelSize({ spacing }) {
  if (!spacing) return "";
  const [down, across] = spacing.map((size) => Number(size.toPrecision(3)));
  return ` of ${across} × ${down} mm`;
}

// The nearest of 1, 2 and 5 times a power of ten.
function roundLength(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return Number(([1, 2, 5, 10].findLast((step) => step * power <= length * 1.001) * power).toPrecision(2));
}

function showFill(input) {
  const [low, high, value] = [input.min, input.max, input.value].map(Number);
  input.style.setProperty("--fill", `${(100 * (value - low)) / Math.max(high - low, 1e-9)}%`);
}

class Controls {
  constructor(viewer) {
    this.viewer = viewer;
    this.root = viewer.root;
    this.outs = {};
    for (const out of this.root.querySelectorAll("[data-out]")) this.outs[out.dataset.out] = out;
    for (const button of this.all("button[data-act]")) {
      button.addEventListener("click", () => {
        if (button.dataset.act === "tool") viewer.change("tool", button.dataset.tool);
        else viewer.act(button.dataset.act);
      });
    }
    for (const input of this.all("[data-set]")) {
      input.addEventListener("input", () => {
        viewer.change(input.dataset.set, input.type === "range" ? Number(input.value) : input.value);
      });
    }
    for (const input of this.all("[data-window]")) {
      input.addEventListener("input", () => {
        const [width, level] = viewer.window;
        if (input.dataset.window === "width") viewer.setWindow(Number(input.value), level);
        else viewer.setWindow(width, Number(input.value));
      });
    }
    this.one("[data-preset]").addEventListener("change", (event) => {
      viewer.setPreset(Number(event.target.value));
      viewer.refresh();
    });
    const whenFull = () => viewer.scan && this.update();
    document.addEventListener("fullscreenchange", whenFull, { signal: viewer.closing.signal });
  }

  all(selector) {
    return [...this.root.querySelectorAll(selector)];
  }

  one(selector) {
    return this.root.querySelector(selector);
  }

  write(name, text) {
    if (this.outs[name].textContent !== text) this.outs[name].textContent = text;
  }

  get helpOpen() {
    return !this.one(".help").hidden;
  }

  toggleHelp() {
    const help = this.one(".help");
    help.hidden = !help.hidden;
    this.one("[data-act=help]").setAttribute("aria-expanded", String(!help.hidden));
  }

  speak(action) {
    if (SPOKEN[action]) this.write("spoken", SPOKEN[action](this.viewer.settings, this.viewer));
  }

  // What changes with the scan only.
  fill() {
    const { scan } = this.viewer;
    const choices = (select, pairs) => {
      select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
      select.closest("label").hidden = pairs.length === 0;
    };
    choices(this.one("[data-set=source]"), scan.maps.map((map) => [map.key, map.label]));
    choices(this.one("[data-set=colormap]"), Object.keys(scan.colormaps).map((name) => [name, name]));
    for (const name of ["width", "level"]) {
      const [min, max] = scan.limits[name];
      Object.assign(this.one(`[data-window=${name}]`), { min, max, step: scan.limits.step });
    }
    const presets = this.one("[data-preset]");
    presets.replaceChildren(...scan.presets.map(({ label }, index) => new Option(label, index)));
    presets.closest("label").hidden = scan.presets.length === 0;
    this.one(".settings").classList.toggle("presets", scan.presets.length > 0);
    this.write("name", scan.name);
    this.write("problem", scan.problem);
    this.write("size", scan.problem ? "" : `${scan.width} × ${scan.height} pixels${pixelSize(scan)}`);
    this.write("orientation", scan.problem || scan.letters ? "" : "Orientation unknown");
    for (const edge of this.all("[data-edge]")) edge.textContent = scan.letters?.[edge.dataset.edge] ?? "";
    this.one(".settings").classList.toggle("idle", Boolean(scan.problem));
    for (const button of this.all(".group:not([data-steps]) button")) {
      button.disabled = Boolean(scan.problem) && !ALWAYS.includes(button.dataset.act);
    }
    this.write("model", scan.model);
    this.write("notice", scan.notice);
    const { index, count } = scan.position;
    this.one("[data-steps]").hidden = count < 2;
    this.write("position", `${index + 1} / ${count}`);
    this.one("[data-act=previous]").disabled = index <= 0;
    this.one("[data-act=next]").disabled = index >= count - 1;
    this.write("probe", "");
  }

  // What changes with every setting.
  update() {
    const { viewer, root } = this;
    const { settings, scan, map, camera, overlayShown } = viewer;
    for (const name of ["overlay", "outline", "band", "invert", "split", "smooth"]) {
      this.one(`[data-act=${name}]`).setAttribute("aria-pressed", String(settings[name]));
    }
    for (const button of this.all("[data-act=tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === settings.tool && !viewer.editor.open));
    }
    this.one("[data-act=maximize]").setAttribute("aria-pressed", String(maximized(root)));
    viewer.stage.dataset.tool = settings.tool;
    const plain = viewer.panes[0];
    if (plain.hidden === settings.split) {
      plain.hidden = !settings.split;
      viewer.stage.classList.toggle("split", settings.split);
      viewer.resize();
    }
    this.updateOverlay(map, overlayShown);
    this.updateOutline();

    const [width, level] = viewer.window;
    this.one("[data-window=width]").value = width;
    this.one("[data-window=level]").value = level;
    const [more, up] = viewer.shading?.stated ?? [0, 0];
    const [saidWidth, saidLevel] = [number(width + more), number(level + up)];
    this.write("width", saidWidth);
    this.write("level", saidLevel);
    this.one("[data-preset]").value = viewer.presetUnmoved ? viewer.preset : "";
    this.all("input[type=range]").forEach(showFill);
    if (scan.problem) {
      for (const name of ["window", "zoom", "note"]) this.write(name, "");
      this.one(".ruler").hidden = true;
      viewer.stage.setAttribute("aria-label", `${scan.name}: ${scan.problem}`);
      return;
    }
    const curve = CURVES[viewer.shading?.function] ?? "";
    this.write("window", `W ${saidWidth}  L ${saidLevel}${curve}`);
    this.updateRuler();
    this.write("zoom", `Zoom ${Math.round(camera.zoom * 100)} %${settings.invert ? "  inverted" : ""}`);
    const overlay = overlayShown ? `${map.label} at ${Math.round(settings.opacity * 100)} percent` : "no overlay";
    viewer.stage.setAttribute("aria-label", `${scan.name}, ${scan.width} by ${scan.height} pixels, ${overlay}`);
  }

  // A bar of a round number of millimetres, about an eighth of the pane wide.
  updateRuler() {
    const { camera, scan } = this.viewer;
    const ruler = this.one(".ruler");
    ruler.hidden = !scan.spacing;
    if (!scan.spacing) return;
    const perMillimetre = camera.zoom / scan.spacing[1];
    const length = roundLength(camera.pane.width / 8 / perMillimetre);
    ruler.style.width = `${(length * perMillimetre) / (window.devicePixelRatio || 1)}px`;
    this.write("ruler", length < 1 ? `${Math.round(length * 1000)} µm` : `${length} mm`);
  }

  updateOutline() {
    const { viewer } = this;
    const { settings, scan, editor } = viewer;
    const { outline } = scan;
    this.one(".outlining").hidden = !scan.editable; // a row that came and went would move the picture
    this.one("[data-act=outline]").disabled = !outline && !editor.open;
    this.one("[data-act=band]").disabled = !outline?.band;
    this.one("[data-act=edit]").disabled = !scan.editable;
    this.one("[data-act=edit]").setAttribute("aria-pressed", String(editor.open));
    this.write("fill", `${Math.round(settings.fill * 100)} %`);
    let words = "";
    if (editor.open) words = `Editing the outline\n${areaWords(editor.draft.mask, scan.spacing)}`;
    else if (viewerShowsOutline(viewer)) words = outline.words;
    this.write("outlined", words);
    editor.update();
  }

  updateOverlay(map, shown) {
    const { settings, scan } = this.viewer;
    for (const input of this.all("[data-set]")) input.value = settings[input.dataset.set];
    if (map) this.one("[data-set=source]").value = map.key;
    this.write("opacity", `${Math.round(settings.opacity * 100)} %`);
    this.write("threshold", settings.threshold.toFixed(2));
    this.write("source", shown ? map.label : "");
    this.write("note", this.note(map));
    const bar = this.one(".colorbar");
    bar.hidden = !shown;
    this.viewer.stage.classList.toggle("barred", shown);
    this.viewer.stage.classList.toggle("noted", this.outs.note.textContent !== "");
    if (!shown) return;
    this.write("unit", map.unit);
    this.one("[data-mark]").style.bottom = `${settings.threshold * 100}%`;
    const canvas = bar.querySelector("canvas");
    const context = canvas.getContext("2d");
    const colors = scan.colormaps[settings.colormap];
    context.clearRect(0, 0, 1, 256);
    for (let v = Math.ceil(settings.threshold * 255); v < 256; v += 1) {
      context.fillStyle = `rgb(${colors[3 * v]}, ${colors[3 * v + 1]}, ${colors[3 * v + 2]})`;
      context.fillRect(0, 255 - v, 1, 1);
    }
  }

  note(map) {
    const { settings, scan } = this.viewer;
    const { waiting } = this.viewer.editor;
    if (waiting) return waiting;
    if (!map) return scan.note;
    if (!settings.overlay) return "";
    if (!map.hasEvidence) return "No positive evidence";
    if (map.largest < settings.threshold) {
      const largest = Math.floor(map.largest * 100) / 100;
      return `Nothing reaches ${settings.threshold.toFixed(2)}; the largest value is ${largest.toFixed(2)}`;
    }
    return map.caution;
  }
}
