// Pixels to canvases: window lookup table, a pyramid for large slices, the colored map.

const MIN_LEVEL = 256; // a pyramid stops before its longer side gets shorter than this

// The values shown black and white. Integers follow the LINEAR function of DICOM PS3.3
// C.11.2.1.2.1, in which a window of width 256 has 256 steps; others LINEAR_EXACT.
function windowEnds([width, level], integer) {
  const reach = integer ? Math.max(width - 1, 1e-6) : width;
  const middle = integer ? level - 0.5 : level;
  return [middle - reach / 2, middle + reach / 2];
}

// A curve takes the place in a window, 0 at its black end and 1 at its white one, and returns
// the brightness, 0 to 1. These are the functions of DICOM PS3.3 C.11.2: a straight line, the
// sigmoid, and a table of brightness stretched over the window.
const straight = (place) => place;
const sigmoid = (place) => 1 / (1 + Math.exp(-4 * (place - 0.5)));
const tabled = (entries) => (place) => {
  const last = entries.length - 1;
  return entries[Math.min(last, Math.max(0, Math.round(place * last)))];
};

function greyTable(size, low, high, invert, curve = straight) {
  const table = new Uint32Array(size);
  const reach = Math.max(high - low, 1e-9);
  for (let value = 0; value < size; value += 1) {
    let grey = Math.min(255, Math.max(0, Math.round(255 * curve((value - low) / reach))));
    if (invert) grey = 255 - grey;
    table[value] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  return table;
}

function halve({ pixels, width, height }) {
  const w = Math.ceil(width / 2);
  const h = Math.ceil(height / 2);
  const half = new pixels.constructor(w * h);
  for (let y = 0; y < h; y += 1) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < w; x += 1) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      const sum = pixels[upper + left] + pixels[upper + right] + pixels[lower + left] + pixels[lower + right];
      half[y * w + x] = (sum + 2) >> 2;
    }
  }
  return { pixels: half, width: w, height: h };
}

class GreyRaster {
  constructor(pixels, width, height) {
    this.levels = [{ pixels, width, height }];
    this.drawn = [];
    this.levelsOfGrey = pixels instanceof Uint16Array ? 65536 : 256;
    this.version = 0;
  }

  setWindow(low, high, invert, curve = straight) {
    const key = `${low}/${high}/${invert}`;
    if (key === this.key && curve === this.curve) return;
    this.key = key;
    this.curve = curve;
    this.table = greyTable(this.levelsOfGrey, low, high, invert, curve);
    this.version += 1;
  }

  // The coarsest level that still has a pixel for every screen pixel: { canvas, factor }.
  at(zoom) {
    let index = 0;
    while (zoom * 2 ** (index + 1) <= 1) {
      const { width, height } = this.levels[index];
      if (Math.max(width, height) / 2 < MIN_LEVEL) break;
      index += 1;
      this.levels[index] ??= halve(this.levels[index - 1]);
    }
    return { canvas: this.draw(index), factor: 2 ** index };
  }

  draw(index) {
    const { pixels, width, height } = this.levels[index];
    const kept = this.drawn[index];
    if (kept?.version === this.version) return kept.canvas;
    const canvas = kept?.canvas ?? Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const image = kept?.image ?? context.createImageData(width, height);
    const out = new Uint32Array(image.data.buffer);
    const { table } = this;
    for (let i = 0; i < pixels.length; i += 1) out[i] = table[pixels[i]];
    context.putImageData(image, 0, 0);
    this.drawn[index] = { canvas, image, version: this.version };
    return canvas;
  }
}

function paintPixels(canvas, pixels, width, height, table) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at += 1) out[at] = table[pixels[at]];
  context.putImageData(image, 0, 0);
}

// Colors for a map of 0..255; what is below the threshold stays clear.
function colorTable(colors, threshold) {
  const table = new Uint32Array(256);
  for (let v = Math.max(1, Math.ceil(threshold * 255)); v < 256; v += 1) {
    table[v] = 0xff000000 | (colors[3 * v + 2] << 16) | (colors[3 * v + 1] << 8) | colors[3 * v];
  }
  return table;
}

// A map of 0..255 in colors; cells below the threshold stay clear. Made anew when asked with
// other arguments than the last time.
class MapRaster {
  constructor(map) {
    this.map = map;
    this.canvas = Object.assign(document.createElement("canvas"), { width: map.width, height: map.height });
  }

  draw(colors, name, threshold) {
    const key = `${name}/${threshold}`;
    if (key === this.key) return this.canvas;
    this.key = key;
    const { values, width, height } = this.map;
    paintPixels(this.canvas, values, width, height, colorTable(colors, threshold));
    return this.canvas;
  }

  // Bilinear value in [0, 1] at the centre of slice pixel (x, y) of a width x height slice.
  value(x, y, width, height) {
    const { values, width: w, height: h } = this.map;
    const u = Math.min(w - 1, Math.max(0, ((x + 0.5) * w) / width - 0.5));
    const v = Math.min(h - 1, Math.max(0, ((y + 0.5) * h) / height - 0.5));
    const [x0, y0] = [Math.floor(u), Math.floor(v)];
    const [x1, y1] = [Math.min(x0 + 1, w - 1), Math.min(y0 + 1, h - 1)];
    const upper = values[y0 * w + x0] * (1 - (u - x0)) + values[y0 * w + x1] * (u - x0);
    const lower = values[y1 * w + x0] * (1 - (u - x0)) + values[y1 * w + x1] * (u - x0);
    return (upper * (1 - (v - y0)) + lower * (v - y0)) / 255;
  }
}
