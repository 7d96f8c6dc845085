// The border of a mask along the edges of its pixels, and how it is drawn: lines of constant width
// on the screen with a dark casing, to be seen on bright and on dark tissue alike. The blue occurs
// in neither colour map of the evidence and is told from them in all common colour blindness.

const OUTLINE_INK = Object.freeze({
  line: "#55c8ff",
  casing: "rgba(6, 10, 16, 0.8)",
  measure: "#ffffff",
});
const ROUNDED = 1.5;
const HEADINGS = [[1, 0], [0, 1], [-1, 0], [0, -1]]; // right, down, left, up

// Closed loops as flat arrays of their corners, [x, y, x, y, ...], the mask to the right of the
// way; pixels that touch at a corner only share a loop.
function traceContours({ bits, width, height, box }) {
  const loops = [];
  if (!box) return loops;
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && bits[y * width + x] === 1;
  const wide = box.right - box.left;
  const seen = new Uint8Array(wide * (box.bottom - box.top)); // upper edges already in a loop
  for (let y = box.top; y < box.bottom; y += 1) {
    for (let x = box.left; x < box.right; x += 1) {
      if (bits[y * width + x] === 0 || seen[(y - box.top) * wide + x - box.left]) continue;
      if (y > 0 && bits[(y - 1) * width + x] === 1) continue;
      loops.push(follow(x, y));
    }
  }
  return loops;

  function follow(startX, startY) {
    const corners = [];
    let [x, y, heading] = [startX, startY, 0];
    do {
      if (heading === 0) seen[(y - box.top) * wide + x - box.left] = 1;
      const [dx, dy] = HEADINGS[heading];
      x += dx;
      y += dy;
      // The two pixels ahead of the corner reached, to the left and to the right of the way.
      const aheadX = x + (dx + dy - 1) / 2;
      const aheadY = y + (dy - dx - 1) / 2;
      const left = inside(aheadX, aheadY);
      const right = inside(aheadX - dy, aheadY + dx);
      let turn = 1;
      if (left) turn = 3;
      else if (right) turn = 0;
      if (turn) corners.push(x, y);
      heading = (heading + turn) % 4;
    } while (x !== startX || y !== startY || heading !== 0);
    return corners;
  }
}

// A path in image coordinates. Smooth: each corner becomes a curve that begins at most ROUNDED
// pixels before it and never beyond the middle of a straight piece, so that a slope of long and
// short steps looks like one and the line leaves the true border by about half a pixel at most.
// Otherwise it is the true border.
function contourPath(loops, smooth) {
  const path = new Path2D();
  const cut = (step) => Math.sign(step) * Math.min(ROUNDED, Math.abs(step) / 2);
  for (const corners of loops) {
    const count = corners.length / 2;
    const at = (index) => [corners[2 * (index % count)], corners[2 * (index % count) + 1]];
    if (!smooth) {
      path.moveTo(...at(0));
      for (let index = 1; index < count; index += 1) path.lineTo(...at(index));
    } else {
      for (let index = 0; index < count; index += 1) {
        const [x, y] = at(index);
        const [px, py] = at(index + count - 1);
        const [nx, ny] = at(index + 1);
        const [sx, sy] = [x - cut(x - px), y - cut(y - py)];
        if (index === 0) path.moveTo(sx, sy);
        else path.lineTo(sx, sy);
        path.quadraticCurveTo(x, y, x + cut(nx - x), y + cut(ny - y));
      }
    }
    path.closePath();
  }
  return path;
}

// The contour of one mask, traced anew only when the mask changed.
class Contour {
  constructor(mask) {
    this.mask = mask;
  }

  path(smooth) {
    const key = `${this.mask.version}/${smooth}`;
    if (key !== this.key) {
      this.key = key;
      this.kept = contourPath(traceContours(this.mask), smooth);
    }
    return this.kept;
  }
}

// A path of the image on the screen. Camera: { left, top, zoom, down } in device pixels.
function onScreen(path, { left, top, zoom, down }) {
  const placed = new Path2D();
  placed.addPath(path, new DOMMatrix([zoom, 0, 0, down, left, top]));
  return placed;
}

// Stroke a path of the screen with its casing; width and dash in CSS pixels.
function strokeCased(context, path, { ratio = 1, width = 1.75, dash = [], color = OUTLINE_INK.line, cased = true } = {}) {
  context.save();
  context.lineJoin = "round";
  context.lineCap = dash.length ? "butt" : "round";
  context.setLineDash(dash.map((length) => length * ratio));
  context.strokeStyle = OUTLINE_INK.casing;
  context.lineWidth = (width + 2) * ratio;
  if (cased) context.stroke(path);
  context.strokeStyle = color;
  context.lineWidth = width * ratio;
  context.stroke(path);
  context.restore();
}

function fillTinted(context, path, opacity, color = OUTLINE_INK.line) {
  if (!(opacity > 0)) return;
  context.save();
  context.globalAlpha = opacity;
  context.fillStyle = color;
  context.fill(path, "evenodd");
  context.restore();
}

// The zone between two paths of the screen, hatched, with thin dashed borders.
function drawBand(context, inner, outer, ratio = 1) {
  const zone = new Path2D();
  zone.addPath(outer);
  zone.addPath(inner);
  context.save();
  context.fillStyle = bandHatching(context, ratio);
  context.fill(zone, "evenodd");
  context.restore();
  for (const path of [outer, inner]) strokeCased(context, path, { ratio, width: 1, dash: [3, 3], cased: false });
}

function bandHatching(context, ratio) {
  const size = Math.round(6 * ratio);
  const tile = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = tile.getContext("2d");
  pen.strokeStyle = OUTLINE_INK.line;
  pen.globalAlpha = 0.55;
  pen.lineWidth = ratio;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, 0);
    pen.lineTo(shift + size, size);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

// A length measured from pixel to pixel, [[row, column], [row, column]] with pixel middles at
// whole numbers: a fine line with ticks across its ends.
function drawLength(context, [[row0, column0], [row1, column1]], { left, top, zoom, down }, ratio = 1) {
  const [x0, y0] = [left + (column0 + 0.5) * zoom, top + (row0 + 0.5) * down];
  const [x1, y1] = [left + (column1 + 0.5) * zoom, top + (row1 + 0.5) * down];
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [tx, ty] = [((y0 - y1) / length) * 5 * ratio, ((x1 - x0) / length) * 5 * ratio];
  const path = new Path2D();
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
  for (const [x, y] of [[x0, y0], [x1, y1]]) {
    path.moveTo(x - tx, y - ty);
    path.lineTo(x + tx, y + ty);
  }
  strokeCased(context, path, { ratio, width: 1, color: OUTLINE_INK.measure });
}

// The brush at an image place in its true size; a cross marks its middle. What takes away a whole
// piece has no size.
function drawBrush(context, [x, y], radius, { left, top, zoom, down }, tool, ratio = 1) {
  const [px, py] = [left + x * zoom, top + y * down];
  const path = new Path2D();
  if (tool !== "piece") path.ellipse(px, py, radius * zoom, radius * zoom, 0, 0, 2 * Math.PI);
  const dash = tool === "eraser" ? [4, 3] : [];
  strokeCased(context, path, { ratio, width: 1.25, dash, color: OUTLINE_INK.measure });
  const cross = new Path2D();
  for (const [dx, dy] of [[3, 0], [0, 3]]) {
    cross.moveTo(px - dx * ratio, py - dy * ratio);
    cross.lineTo(px + dx * ratio, py + dy * ratio);
  }
  strokeCased(context, cross, { ratio, width: 1, color: OUTLINE_INK.measure });
}
