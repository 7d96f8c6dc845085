// A connected piece of an outline, on one slice or through several: pixels and voxels that touch
// by a corner belong together, as where pieces are counted (measures.py).

// The bytes of every slice that the piece reaches without it, by the slice's number, the first one
// first; empty where there is nothing at [x, y]. maskAt gives the mask of a slice, or nothing.
function withoutPiece(index, [x, y], maskAt) {
  const found = new Map();
  const first = maskAt(index);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (!first || column < 0 || row < 0 || column >= first.width || row >= first.height) return found;
  const start = row * first.width + column;
  if (!first.bits[start]) return found;
  const open = [[index, [start]]];
  while (open.length) {
    const [at, seeds] = open.pop();
    const mask = maskAt(at);
    if (!mask) continue;
    const bits = found.get(at) ?? mask.bits.slice();
    const taken = takeTouching(bits, mask.width, mask.height, seeds);
    if (!taken.length) continue;
    found.set(at, bits);
    open.push([at - 1, taken], [at + 1, taken]);
  }
  return found;
}

// Clear what touches the seeds, pixels by their number, and return the pixels cleared.
function takeTouching(bits, width, height, seeds) {
  const taken = [];
  const open = [...seeds];
  while (open.length) {
    const at = open.pop();
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row += 1) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column += 1) {
        const next = row * width + column;
        if (!bits[next]) continue;
        bits[next] = 0;
        taken.push(next);
        open.push(next);
      }
    }
  }
  return taken;
}
