// The voxels in canonical order (towards Right, Anterior, Superior; the third index fastest), and
// the planes cut from them in radiological display, as Volume.plane_slice does in Python: both
// axes of a slice run against the display.

const AXIS = { sagittal: 0, coronal: 1, axial: 2 };
const displayAxes = (plane) => [0, 1, 2].filter((axis) => axis !== AXIS[plane]);

class VolumeData {
  constructor({ header, section }) {
    Object.assign(this, header);
    const raw = section(header.voxels);
    this.voxels = header.dtype === "uint16" ? new Uint16Array(raw.buffer) : raw;
    this.colormaps = {};
    for (const [name, where] of Object.entries(header.colormaps)) this.colormaps[name] = section(where);
    this.presets = header.presets.map((preset) => ({ ...preset, curve: this.curveOf(preset, section) }));
    this.strides = [this.shape[1] * this.shape[2], this.shape[2], 1];
    this.size = this.voxels.length;
  }

  // How a window function shades, see raster.js.
  curveOf(preset, section) {
    if (preset.function === "TABLE") return tabled(new Float32Array(section(preset.table).buffer));
    return preset.function === "SIGMOID" ? sigmoid : straight;
  }

  depth(plane) {
    return this.shape[AXIS[plane]];
  }

  // One slice of an array on this grid: { pixels, width, height }.
  cut(array, plane, index) {
    const [across, down] = displayAxes(plane);
    const { shape, strides } = this;
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

  offset(voxel) {
    return voxel[0] * this.strides[0] + voxel[1] * this.strides[1] + voxel[2];
  }

  value(voxel) {
    return this.voxels[this.offset(voxel)] * this.slope + this.intercept;
  }

  clamp(voxel) {
    return voxel.map((at, axis) => Math.min(this.shape[axis] - 1, Math.max(0, Math.round(at))));
  }

  // Millimetres in the patient, as words: "R 12  A 30  S 41".
  position(voxel) {
    const letters = [["L", "R"], ["P", "A"], ["I", "S"]];
    return letters
      .map(([negative, positive], row) => {
        const line = this.affine[row];
        const mm = line[0] * voxel[0] + line[1] * voxel[1] + line[2] * voxel[2] + line[3];
        return `${mm < 0 ? negative : positive} ${Math.abs(mm).toFixed(0)}`;
      })
      .join("  ");
  }
}

// What the model says: evidence on the grid of the voxels, a probability for each slice read.
class Answer {
  constructor({ header, section }) {
    Object.assign(this, header);
    this.evidence = section(header.evidence);
    this.byIndex = new Map(this.slices.map((one) => [one.index, one]));
  }

  // The slice of the scan behind a slice on screen, which may be reduced.
  of(index) {
    return this.byIndex.get(Math.floor(index * this.factor + (this.factor - 1) / 2));
  }

  // The slice on screen that shows a slice of the scan.
  shown(index) {
    return Math.floor(index / this.factor);
  }

  // The voxel of the largest evidence on a slice on screen.
  peak(volume, index) {
    const { pixels, width } = volume.cut(this.evidence, this.plane, index);
    let best = 0;
    for (let at = 1; at < pixels.length; at += 1) if (pixels[at] > pixels[best]) best = at;
    return volume.voxelAt(this.plane, index, best % width, Math.floor(best / width));
  }
}
