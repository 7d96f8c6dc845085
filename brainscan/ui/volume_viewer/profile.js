// The slices' probabilities along the scan; a click or a drag jumps to a slice.

const PROFILE_EDGE = { left: 30, right: 18, top: 8, bottom: 15 }; // CSS pixels

class Profile {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    this.canvas = root.querySelector("canvas");
    this.tip = root.querySelector("[data-out=tip]");
    this.caption = root.querySelector("[data-out=caption]");
    let held = false;
    const jump = (event) => viewer.goTo(viewer.answer.plane, viewer.answer.shown(this.indexAt(event)));
    this.canvas.addEventListener("pointerdown", (event) => {
      if (!viewer.answer) return;
      held = true;
      this.canvas.setPointerCapture(event.pointerId);
      jump(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!viewer.answer) return;
      if (held) jump(event);
      this.tell(this.indexAt(event));
    });
    this.canvas.addEventListener("pointerup", () => (held = false));
    this.canvas.addEventListener("pointercancel", () => (held = false));
    this.canvas.addEventListener("pointerleave", () => this.tell(null));
    this.canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!by || !viewer.answer) return;
      event.preventDefault();
      const { plane } = viewer.answer;
      viewer.goTo(plane, viewer.cross[AXIS[plane]] + by);
    });
  }

  get across() {
    return this.canvas.clientWidth - PROFILE_EDGE.left - PROFILE_EDGE.right;
  }

  indexAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const count = this.viewer.answer.slices.length;
    const share = (event.clientX - box.left - PROFILE_EDGE.left) / this.across;
    return Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  }

  words(index) {
    const one = this.viewer.answer.byIndex.get(index);
    if (!one) return "";
    const said = one.probability === null ? "not read, too little head" : `probability ${one.probability.toFixed(2)}`;
    const drawn = this.viewer.outline?.plane === this.viewer.answer.plane && this.viewer.outlinedAt(this.viewer.answer.shown(index));
    return `Slice ${index + 1}: ${said}${drawn ? ", outlined" : ""}${one.refused ? ", the input gate would refuse it" : ""}`;
  }

  tell(index) {
    const { answer } = this.viewer;
    this.tip.textContent = index === null || !answer ? "" : this.words(index);
  }

  color(name) {
    return getComputedStyle(this.root.querySelector(`[data-ink=${name}]`)).color;
  }

  paint() {
    const { answer, cross } = this.viewer;
    this.root.hidden = !answer;
    if (!answer) return;
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const size = [width, height].map((side) => Math.max(1, Math.round(side * ratio)));
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) {
      [this.canvas.width, this.canvas.height] = size;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { left, top, bottom } = PROFILE_EDGE;
    const reach = height - top - bottom;
    const count = answer.slices.length;
    const step = this.across / count;
    const x = (index) => left + index * step;
    const y = (probability) => top + (1 - probability) * reach;

    context.font = "10px sans-serif";
    context.fillStyle = this.color("quiet");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of [0, 0.5, 1]) context.fillText(tick.toFixed(1), left - 5, y(tick));
    context.fillRect(left, y(0), this.across, 1);

    const [above, below] = [this.color("tumor"), this.color("clear")];
    const thick = Math.max(1, step - (step > 3 ? 1 : 0));
    for (const one of answer.slices) {
      if (one.probability === null) {
        context.fillStyle = this.color("quiet");
        context.fillRect(x(one.index), y(0) + 2, thick, 2);
        continue;
      }
      context.fillStyle = one.probability >= answer.threshold ? above : below;
      const tall = Math.max(1, one.probability * reach);
      // A slice that the gate would refuse by itself is drawn faint under a solid cap.
      context.globalAlpha = one.refused ? 0.35 : 1;
      context.fillRect(x(one.index), y(0) - tall, thick, tall);
      context.globalAlpha = 1;
      if (one.refused) context.fillRect(x(one.index), y(0) - tall - 1, thick, 2);
    }
    this.outlined(context, x, thick, y(0));
    this.rule(context, left, y(answer.threshold));
    this.ends(context, left, height);
    this.marks(context, x, step, y(0), height);
    const here = x(answer.scan.inFile(answer.plane, cross[AXIS[answer.plane]])) + step / 2;
    context.fillStyle = this.color("text");
    context.fillRect(here - 1, top - 4, 2, reach + 8);
    const at = answer.scan.inFile(answer.plane, cross[AXIS[answer.plane]]);
    this.canvas.setAttribute("aria-valuemax", count);
    this.canvas.setAttribute("aria-valuenow", at + 1);
    this.canvas.setAttribute("aria-valuetext", this.words(at));
    const limit = answer.threshold.toFixed(2);
    this.caption.textContent = `Slice probability, threshold ${limit}`;
  }

  // A line along the foot of the slices that the outline crosses.
  outlined(context, x, thick, floor) {
    const { viewer } = this;
    const { answer, outline } = viewer;
    if (!viewer.outlineShown || outline.plane !== answer.plane) return;
    context.fillStyle = OUTLINE_INK.line;
    for (const { index } of answer.slices) {
      if (viewer.outlinedAt(answer.shown(index))) context.fillRect(x(index), floor + 1, thick, 3);
    }
  }

  rule(context, left, at) {
    context.strokeStyle = this.color("text");
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(left, at + 0.5);
    context.lineTo(left + this.across, at + 0.5);
    context.stroke();
    context.setLineDash([]);
  }

  // The patient's directions at the two ends of the scan.
  ends(context, left, height) {
    const [first, last] = this.viewer.volume.planes[this.viewer.answer.plane].ends;
    context.fillStyle = this.color("text");
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    context.fillText(first, left - 5, height - 2);
    context.textAlign = "left";
    context.fillText(last, left + this.across + 4, height - 2);
  }

  // Triangles under the most suspicious slices.
  marks(context, x, step, floor, height) {
    context.fillStyle = this.color("tumor");
    for (const index of this.viewer.answer.keys) {
      const middle = x(index) + step / 2;
      context.beginPath();
      context.moveTo(middle, floor + 5);
      context.lineTo(middle - 4, height - 2);
      context.lineTo(middle + 4, height - 2);
      context.fill();
    }
  }
}
