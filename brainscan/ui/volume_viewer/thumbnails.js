// Small pictures of the most suspicious slices; a click jumps there.

const THUMB = 64; // CSS pixels of the longer side

class Thumbnails {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    this.key = null;
  }

  paint() {
    const { viewer } = this;
    const { answer, settings } = viewer;
    this.root.hidden = !answer;
    if (!answer) return;
    const key = [answer.volume, answer.answer, answer.keys, viewer.grey.version, settings.threshold, settings.colormap,
      settings.opacity, viewer.overlayShown, viewer.outlineVersion, settings.outline].join("/");
    if (key !== this.key) {
      this.key = key;
      this.root.replaceChildren(...answer.keys.map((index) => this.button(index)));
    }
    for (const button of this.root.children) {
      const shown = answer.shown(Number(button.dataset.index));
      button.setAttribute("aria-pressed", String(shown === viewer.cross[AXIS[answer.plane]]));
    }
  }

  button(index) {
    const { viewer } = this;
    const { answer, volume } = viewer;
    const probability = answer.byIndex.get(index)?.probability ?? 0;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "thumb";
    button.dataset.index = index;
    button.title = `Go to slice ${index + 1}`;
    const words = document.createElement("span");
    words.textContent = `${index + 1} · ${probability.toFixed(2)}`;
    button.append(this.picture(volume, answer.shown(index)), words);
    button.addEventListener("click", () => viewer.goToKey(index));
    return button;
  }

  drawOutline(context, index, zoom, down) {
    const { outline, answer, settings } = this.viewer;
    if (!outline || !settings.outline || outline.plane !== answer.plane) return;
    const mask = outline.shownOn(outline.plane, index, null);
    if (mask) strokeCased(context, onScreen(new Contour(mask).path(true), { left: 0, top: 0, zoom, down }), { width: 2 });
  }

  picture(volume, index) {
    const { answer, settings, overlayShown } = this.viewer;
    const { spacing } = volume.planes[answer.plane];
    const layer = (source, table) => {
      const { pixels, width, height } = source.cut(answer.plane, index);
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      paintPixels(canvas, pixels, width, height, table);
      return canvas;
    };
    const grey = layer(volume, this.viewer.grey.table);
    const [across, down] = [grey.width * spacing[1], grey.height * spacing[0]];
    const scale = (2 * THUMB) / Math.max(across, down);
    const small = document.createElement("canvas");
    Object.assign(small, { width: Math.round(across * scale), height: Math.round(down * scale) });
    const context = small.getContext("2d");
    context.drawImage(grey, 0, 0, small.width, small.height);
    if (overlayShown) {
      context.globalAlpha = settings.opacity;
      const table = colorTable(volume.colormaps[settings.colormap], settings.threshold);
      const [left, top, wide, high] = answer.extent(answer.plane);
      const [right, down] = [small.width / grey.width, small.height / grey.height];
      context.drawImage(layer(answer, table), left * right, top * down, wide * right, high * down);
    }
    this.drawOutline(context, index, small.width / grey.width, small.height / grey.height);
    return small;
  }
}
