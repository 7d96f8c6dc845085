// A mask on the pixels of a slice, one byte a pixel (0 or 1), rows from the top; and the text in
// which it travels: base64 of little-endian uint32 run lengths in row-major order, the first of
// them zeros. correction.py reads and writes the same.

function decodeRuns(text, width, height) {
  const raw = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const runs = new DataView(raw.buffer);
  const bits = new Uint8Array(width * height);
  let at = 0;
  for (let index = 0; index * 4 < raw.length; index += 1) {
    const length = runs.getUint32(index * 4, true);
    if (index % 2) bits.fill(1, at, at + length);
    at += length;
  }
  if (at !== bits.length) throw new Error(`The mask has ${at} pixels, its slice ${bits.length}.`);
  return bits;
}

function encodeRuns(bits) {
  const runs = [];
  let value = 0;
  let from = 0;
  while (from < bits.length) {
    const next = bits.indexOf(1 - value, from);
    const to = next < 0 ? bits.length : next;
    runs.push(to - from);
    from = to;
    value = 1 - value;
  }
  const raw = new DataView(new ArrayBuffer(runs.length * 4));
  runs.forEach((length, index) => raw.setUint32(index * 4, length, true));
  let text = "";
  for (const byte of new Uint8Array(raw.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

// A box of pixels: left and top belong to it, right and bottom no longer.
function joinBoxes(a, b) {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

class BitMask {
  constructor(width, height, bits = new Uint8Array(width * height)) {
    this.width = width;
    this.height = height;
    this.bits = bits;
    this.version = 0; // grows with every change
    this.box = this.tightBox(); // every pixel of the mask lies within; null: it is empty
  }

  static decode(text, width, height) {
    return new BitMask(width, height, decodeRuns(text, width, height));
  }

  encode() {
    return encodeRuns(this.bits);
  }

  copy() {
    return new BitMask(this.width, this.height, this.bits.slice());
  }

  get empty() {
    return !this.box || this.bits.indexOf(1) < 0;
  }

  equals(other) {
    if (this.width !== other.width || this.height !== other.height) return false;
    return this.bits.every((bit, at) => bit === other.bits[at]);
  }

  tightBox() {
    const { bits, width } = this;
    const first = bits.indexOf(1);
    if (first < 0) return null;
    const [top, bottom] = [Math.floor(first / width), Math.floor(bits.lastIndexOf(1) / width) + 1];
    let [left, right] = [width, 0];
    for (let y = top; y < bottom; y += 1) {
      const row = bits.subarray(y * width, (y + 1) * width);
      const start = row.indexOf(1);
      if (start < 0) continue;
      left = Math.min(left, start);
      right = Math.max(right, row.lastIndexOf(1) + 1);
    }
    return { left, top, right, bottom };
  }

  // The bytes of a box, rows from the top.
  cut({ left, top, right, bottom }, bits = this.bits) {
    const wide = right - left;
    const piece = new Uint8Array(wide * (bottom - top));
    for (let y = top; y < bottom; y += 1) {
      piece.set(bits.subarray(y * this.width + left, y * this.width + right), (y - top) * wide);
    }
    return piece;
  }

  paste(box, piece) {
    const wide = box.right - box.left;
    for (let y = box.top; y < box.bottom; y += 1) {
      const from = (y - box.top) * wide;
      this.bits.set(piece.subarray(from, from + wide), y * this.width + box.left);
    }
    this.box = joinBoxes(this.box, box);
    this.version += 1;
  }

  // Replace the whole mask.
  fill(bits) {
    this.bits.set(bits);
    this.box = this.tightBox();
    this.version += 1;
  }
}

// The area of a mask in the words of outline_card.py; spacing: height and width of a pixel in mm, or
// nothing.
function areaWords({ bits }, spacing) {
  const pixels = bits.reduce((sum, bit) => sum + bit, 0);
  const area = spacing ? pixels * spacing[0] * spacing[1] : pixels;
  const digits = spacing && area < 10 ? 1 : 0;
  // Halves to even, as Python rounds.
  const figures = { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven" };
  return `${area.toLocaleString("en", figures)} ${spacing ? "mm²" : "px"}`;
}

// The bytes of a mask with everything that it encloses: who draws from nothing goes around the
// lesion and fills. Neighbours share an edge, so a line that is closed at corners encloses too.
function filledHoles({ bits, width, height, box }) {
  const filled = bits.slice();
  if (!box) return filled;
  const [left, top] = [Math.max(0, box.left - 1), Math.max(0, box.top - 1)];
  const [right, bottom] = [Math.min(width, box.right + 1), Math.min(height, box.bottom + 1)];
  const outside = new Uint8Array(width * height);
  const open = [];
  const visit = (x, y) => {
    if (x < left || y < top || x >= right || y >= bottom) return;
    const at = y * width + x;
    if (bits[at] || outside[at]) return;
    outside[at] = 1;
    open.push(at);
  };
  for (let x = left; x < right; x += 1) visit(x, top), visit(x, bottom - 1);
  for (let y = top; y < bottom; y += 1) visit(left, y), visit(right - 1, y);
  while (open.length) {
    const at = open.pop();
    const [x, y] = [at % width, Math.floor(at / width)];
    visit(x - 1, y), visit(x + 1, y), visit(x, y - 1), visit(x, y + 1);
  }
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) filled[y * width + x] = 1 - outside[y * width + x];
  }
  return filled;
}
