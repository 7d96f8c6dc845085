// The voxels in canonical order (towards Right, Anterior, Superior; the first index fastest), and
// the planes cut from them in radiological display, as Volume.plane_slice does in Python: both
// axes of a slice run against the display.

const AXIS = { sagittal: 0, coronal: 1, axial: 2 };
const displayAxes = (plane) => [0, 1, 2].filter((axis) => axis !== AXIS[plane]);

// One slice of an array in canonical order: { pixels, width, height }.
function cut(array, shape, plane, index) {
  const [across, down] = displayAxes(plane);
  const strides = [1, shape[0], shape[0] * shape[1]];
  const [width, height] = [shape[across], shape[down]];
  const pixels = new array.constructor(width * height);
  let row = index * strides[AXIS[plane]] + (height - 1) * strides[down] + (width - 1) * strides[across];
  let out = 0;
  for (let y = 0; y < height; y += 1) {
    let at = row;
    for (let x = 0; x < width; x += 1) {
      pixels[out] = array[at];
      out += 1;
      at -= strides[across];
    }
    row -= strides[down];
  }
  return { pixels, width, height };
}

class VolumeData {
  constructor({ header, section }) {
    Object.assign(this, header);
    const raw = section(header.voxels);
    this.voxels = header.dtype === "uint16" ? new Uint16Array(raw.buffer) : raw;
    this.colormaps = {};
    for (const [name, where] of Object.entries(header.colormaps)) this.colormaps[name] = section(where);
    this.presets = header.presets.map((preset) => ({ ...preset, curve: this.curveOf(preset, section) }));
  }

  // How a window function shades, see raster.js.
  curveOf(preset, section) {
    if (preset.function === "TABLE") return tabled(new Float32Array(section(preset.table).buffer));
    return preset.function === "SIGMOID" ? sigmoid : straight;
  }

  depth(plane) {
    return this.shape[AXIS[plane]];
  }

  cut(plane, index) {
    return cut(this.voxels, this.shape, plane, index);
  }

  // The slice of the scan behind a slice on screen; of a reduced volume the one in the middle.
  inFile(plane, index) {
    const axis = AXIS[plane];
    const by = this.factors[axis];
    return Math.min(this.full[axis] - 1, Math.floor(index * by + (by - 1) / 2));
  }

  onScreen(plane, index) {
    return Math.floor(index / this.factors[AXIS[plane]]);
  }

  // The voxel shown at a column and row of a slice.
  voxelAt(plane, index, x, y) {
    const [across, down] = displayAxes(plane);
    const voxel = [index, index, index];
    voxel[across] = this.shape[across] - 1 - x;
    voxel[down] = this.shape[down] - 1 - y;
    return voxel;
  }

  // The column and row at which a voxel is shown.
  placeOf(plane, voxel) {
    const [across, down] = displayAxes(plane);
    return [this.shape[across] - 1 - voxel[across], this.shape[down] - 1 - voxel[down]];
  }

  value([i, j, k]) {
    return this.voxels[i + this.shape[0] * (j + this.shape[1] * k)] * this.slope + this.intercept;
  }

  clamp(voxel) {
    return voxel.map((at, axis) => Math.min(this.shape[axis] - 1, Math.max(0, Math.round(at))));
  }

  // One coordinate of a voxel in the patient, in words: "A 30.5".
  // Letters only where the world's origin lies in the volume: with it in a corner, as in some
  // research data, every place would be called left, the patient's right side too.
  coordinate(row, voxel, digits) {
    const line = this.affine[row];
    const mm = line[0] * voxel[0] + line[1] * voxel[1] + line[2] * voxel[2] + line[3];
    if (!this.centred) return `${"xyz"[row]} ${mm.toFixed(digits)}`;
    return `${["LR", "PA", "IS"][row][mm < 0 ? 0 : 1]} ${Math.abs(mm).toFixed(digits)}`;
  }

  position(voxel) {
    return `${[0, 1, 2].map((row) => this.coordinate(row, voxel, 1)).join("  ")} mm`;
  }

  // Where a slice lies along its own axis; of an oblique scan, where it passes the voxel.
  level(plane, voxel) {
    return `${this.coordinate(AXIS[plane], voxel, 1)} mm`;
  }
}

// What the model says: a probability for each slice read, and evidence on a grid that is that of
// the voxels or coarser across the slices: `steps` voxels on screen for one of its own.
class Answer {
  constructor({ header, section }, volume) {
    Object.assign(this, header);
    this.evidence = section(header.evidence);
    this.scan = volume;
    this.steps = this.factors.map((by, axis) => by / volume.factors[axis]);
    this.byIndex = new Map(this.slices.map((one) => [one.index, one]));
    this.hasEvidence = this.slices.some((one) => one.hasEvidence);
  }

  // What became of the slice of the scan behind a slice on screen.
  of(index) {
    return this.byIndex.get(this.scan.inFile(this.plane, index));
  }

  shown(index) {
    return this.scan.onScreen(this.plane, index);
  }

  cut(plane, index) {
    return cut(this.evidence, this.shape, plane, Math.floor(index / this.steps[AXIS[plane]]));
  }

  // Where a cut lies on the slice, in its pixels: left, top, width, height. The last cell along an
  // axis may reach beyond the scan, and both axes of a slice run against the display.
  extent(plane) {
    const [across, down] = displayAxes(plane);
    const [width, height] = [across, down].map((axis) => this.shape[axis] * this.steps[axis]);
    return [this.scan.shape[across] - width, this.scan.shape[down] - height, width, height];
  }

  value(voxel) {
    const [i, j, k] = voxel.map((at, axis) => Math.floor(at / this.steps[axis]));
    return this.evidence[i + this.shape[0] * (j + this.shape[1] * k)] / 255;
  }

  // The voxel of the largest evidence on a slice on screen; its middle where there is none.
  peak(index) {
    const { pixels, width } = this.cut(this.plane, index);
    let best = 0;
    for (let at = 1; at < pixels.length; at += 1) if (pixels[at] > pixels[best]) best = at;
    const voxel = this.scan.shape.map((size) => Math.floor(size / 2));
    voxel[AXIS[this.plane]] = index;
    if (pixels[best] === 0) return voxel;
    const [across, down] = displayAxes(this.plane);
    const cell = [this.shape[across] - 1 - (best % width), this.shape[down] - 1 - Math.floor(best / width)];
    [across, down].forEach((axis, at) => (voxel[axis] = cell[at] * this.steps[axis] + (this.steps[axis] >> 1)));
    return voxel;
  }
}
