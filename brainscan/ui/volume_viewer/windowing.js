// Which values of a volume are shown as which grey: the window, the preset it is of, and the table
// made of both.

class Windowing {
  constructor(viewer) {
    this.viewer = viewer;
    this.version = 0; // of the table
  }

  // What is remembered of a volume while another one is shown.
  get kept() {
    return { window: this.window, preset: this.preset };
  }

  load(volume, kept) {
    this.volume = volume;
    if (kept) this.shade(kept.window, kept.preset);
    else this.reset();
  }

  // The window, given as width and level for floating-point pixels, and the preset it is of.
  shade(window, preset) {
    this.window = window;
    this.preset = preset;
    this.tabulate();
    this.viewer.refresh();
  }

  tabulate() {
    const { volume } = this;
    const [width, level] = this.window;
    const [low, high] = [level - width / 2, level + width / 2].map((end) => (end - volume.intercept) / volume.slope);
    const levels = volume.dtype === "uint16" ? 65536 : 256;
    const curve = this.preset === null ? straight : volume.presets[this.preset].curve;
    this.table = greyTable(levels, low, high, this.viewer.settings.invert, curve);
    this.version += 1;
  }

  get presetName() {
    if (this.preset !== null) return String(this.preset);
    const same = (other) => other.every((value, at) => Math.abs(value - this.window[at]) < 1e-6 * Math.abs(value) + 1e-9);
    if (same(this.volume.auto)) return "auto";
    return same(this.full) ? "full" : "own";
  }

  get full() {
    const [floor, ceiling] = this.volume.range;
    return [ceiling - floor, (floor + ceiling) / 2];
  }

  choosePreset(name) {
    if (name === "auto") this.shade([...this.volume.auto], null);
    else if (name === "full") this.shade(this.full, null);
    else if (name !== "own") {
      const { width, level } = this.volume.presets[Number(name)];
      this.shade([width, level], Number(name));
    }
  }

  reset() {
    if (this.volume.presets.length) this.choosePreset("0");
    else this.shade([...this.volume.window], null);
  }

  // A window of the reader's own keeps the curve of the preset it began from only if it is moved
  // back to it; otherwise it is a straight line.
  set(width, level) {
    const [floor, ceiling] = this.volume.range;
    const widest = Math.max(ceiling - floor, ...this.volume.presets.map((preset) => preset.width));
    const least = (ceiling - floor) / 1000;
    this.shade([Math.min(widest, Math.max(least, width)), Math.min(ceiling, Math.max(floor, level))], null);
  }

  // Sideways changes the width, up makes the picture darker (raises the level).
  drag(dx, dy) {
    const [floor, ceiling] = this.volume.auto[0] ? [0, 2 * this.volume.auto[0]] : this.volume.range;
    const step = (ceiling - floor) / 512;
    const [width, level] = this.window;
    this.set(width + dx * step, level - dy * step);
  }
}
