// What a reader chooses once and expects to find again at the next scan and the next visit, in the
// slice viewer and the volume viewer alike.

const SETTINGS_KEY = "brainscan.viewer.1";
const DEFAULT_SETTINGS = Object.freeze({
  overlay: true,
  source: "evidence",
  opacity: 0.45,
  threshold: 0.25,
  colormap: "inferno",
  invert: false,
  smooth: true,
  split: false,
  tool: "pan",
  layout: "main",
  crosshair: true,
  outline: true,
  band: false,
  fill: 0.12,
  brush: 4,
});

function loadSettings() {
  try {
    const stored = JSON.parse(window.localStorage.getItem(SETTINGS_KEY) ?? "{}");
    const known = Object.entries(stored).filter(
      ([key, value]) => typeof value === typeof DEFAULT_SETTINGS[key],
    );
    return { ...DEFAULT_SETTINGS, ...Object.fromEntries(known) };
  } catch (unreadable) {
    return { ...DEFAULT_SETTINGS };
  }
}

function storeSettings(settings) {
  try {
    window.localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch (blocked) {
    // Without storage the choices last as long as the page.
  }
}
