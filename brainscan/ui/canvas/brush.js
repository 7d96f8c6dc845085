// A round brush on a mask, and what it did for undoing.
//
// Places are image coordinates: (0, 0) is the upper left corner of the first pixel, its middle is
// (0.5, 0.5). The radius is in pixel widths. Aspect is the height of a pixel in units of its width,
// so that the brush is round in millimetres and on the screen whatever the pixels are.

const RADII = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 65, 80];
const MOST_STEPS = 200;
const MOST_BYTES = 64 * 2 ** 20;

// The next larger (+1) or smaller (-1) radius.
function stepRadius(radius, by) {
  if (by > 0) return RADII.find((one) => one > radius) ?? RADII.at(-1);
  return RADII.findLast((one) => one < radius) ?? RADII[0];
}

// One stroke: begin, moveTo as often as the pointer moves, end. Every pixel is set whose middle
// lies within the radius of the pointer's way, and the pixel under the pointer in any case.
class Stroke {
  constructor(mask, value, radius, aspect = 1) {
    this.mask = mask;
    this.value = value;
    this.radius = radius;
    this.aspect = aspect;
    this.before = mask.bits.slice();
    this.box = null; // what changed
    this.last = null;
  }

  moveTo(x, y) {
    const [fromX, fromY] = this.last ?? [x, y];
    this.last = [x, y];
    this.paint(fromX, fromY, x, y);
  }

  paint(x0, y0, x1, y1) {
    const { mask, radius, aspect, value } = this;
    const { width, height, bits } = mask;
    const down = radius / aspect;
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
    const right = Math.min(width, Math.ceil(Math.max(x0, x1) + radius));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - down));
    const bottom = Math.min(height, Math.ceil(Math.max(y0, y1) + down));
    const [dx, dy] = [x1 - x0, (y1 - y0) * aspect];
    const length = dx * dx + dy * dy;
    const within = radius * radius;
    for (let y = top; y < bottom; y += 1) {
      const py = (y + 0.5 - y0) * aspect;
      for (let x = left; x < right; x += 1) {
        const px = x + 0.5 - x0;
        const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
        const [ox, oy] = [px - along * dx, py - along * dy];
        if (ox * ox + oy * oy <= within) bits[y * width + x] = value;
      }
    }
    const [cx, cy] = [Math.floor(x1), Math.floor(y1)];
    const inside = cx >= 0 && cy >= 0 && cx < width && cy < height;
    if (inside) bits[cy * width + cx] = value;
    if (!inside && (left >= right || top >= bottom)) return;
    const touched = {
      left: inside ? Math.min(left, cx) : left,
      top: inside ? Math.min(top, cy) : top,
      right: inside ? Math.max(right, cx + 1) : right,
      bottom: inside ? Math.max(bottom, cy + 1) : bottom,
    };
    this.box = joinBoxes(this.box, touched);
    if (value) mask.box = joinBoxes(mask.box, touched);
    mask.version += 1;
  }

  // What to hand to PaintHistory.push; null where the stroke changed nothing.
  end() {
    return changeOf(this.mask, this.before, this.box);
  }

  // As if the stroke had never been.
  cancel() {
    this.mask.fill(this.before);
  }
}

// The box of the pixels in which two masks of a slice differ; null where they are the same.
function changedBox({ bits, width, height }, before) {
  const apart = bits.map((bit, at) => bit ^ before[at]);
  return new BitMask(width, height, apart).box;
}

// The difference between a mask and its bytes before, within a box (null: nothing was touched).
function changeOf(mask, before, box) {
  if (!box) return null;
  const [old, now] = [mask.cut(box, before), mask.cut(box)];
  return old.every((bit, at) => bit === now[at]) ? null : { mask, box, old, now };
}

// Changes to one mask or to several, in the order in which they were made. A step is a list of
// changes, of one mask each, that are undone together.
class PaintHistory {
  constructor() {
    this.done = [];
    this.undone = [];
  }

  get canUndo() {
    return this.done.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  push(...changes) {
    const step = changes.filter((change) => change);
    if (!step.length) return;
    this.done.push(step);
    this.undone = [];
    const bytes = () => this.done.flat().reduce((sum, { old }) => sum + 2 * old.length, 0);
    while (this.done.length > MOST_STEPS || (this.done.length > 1 && bytes() > MOST_BYTES)) this.done.shift();
  }

  // Return the first change that was undone (its mask, its box); undefined where there was none.
  undo() {
    const step = this.done.pop();
    if (!step) return undefined;
    for (const change of step) change.mask.paste(change.box, change.old);
    this.undone.push(step);
    return step[0];
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return undefined;
    for (const change of step) change.mask.paste(change.box, change.now);
    this.done.push(step);
    return step[0];
  }

  // Forget what was done to a mask: it has been replaced by something that no step knows.
  forget(mask) {
    const rest = (steps) => steps.map((step) => step.filter((change) => change.mask !== mask)).filter((step) => step.length);
    this.done = rest(this.done);
    this.undone = rest(this.undone);
  }

  // Replace whole masks, given as pairs of a mask and its bytes, as one step that can be undone.
  replace(...pairs) {
    const changes = pairs.map(([mask, bits]) => {
      const before = mask.bits.slice();
      mask.fill(bits);
      return changeOf(mask, before, changedBox(mask, before));
    });
    this.push(...changes);
  }
}
