// The slices' probabilities along the scan; a click or a drag jumps to a slice.

const PROFILE_EDGE = { left: 30, right: 8, top: 8, bottom: 15 }; // CSS pixels

class Profile {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    this.canvas = root.querySelector("canvas");
    this.tip = root.querySelector("[data-out=tip]");
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

  tell(index) {
    const { answer } = this.viewer;
    const one = index === null || !answer ? null : answer.byIndex.get(index);
    let text = "";
    if (one) {
      text = `Slice ${index + 1}: `;
      text += one.probability === null ? "not read, too little head" : `probability ${one.probability.toFixed(2)}`;
      if (one.refused) text += ", the input gate would refuse it";
    }
    this.tip.textContent = text;
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
    Object.assign(this.canvas, { width: Math.max(1, width * ratio), height: Math.max(1, height * ratio) });
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
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
      context.globalAlpha = one.refused ? 0.45 : 1;
      const tall = Math.max(1, one.probability * reach);
      context.fillRect(x(one.index), y(0) - tall, thick, tall);
      context.globalAlpha = 1;
    }
    this.rule(context, left, y(answer.threshold));
    this.marks(context, x, step, y(0), height);
    const here = x(answer.scan.inFile(answer.plane, cross[AXIS[answer.plane]])) + step / 2;
    context.fillStyle = this.color("text");
    context.fillRect(here - 1, top - 4, 2, reach + 8);
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
