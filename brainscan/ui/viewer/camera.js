// Where the slice lies in a pane. Zoom is screen (device) pixels for one image pixel; the
// image point (x, y) is at the middle of the pane. Panes side by side share one camera.

const ZOOM_LIMITS = [0.02, 64];

class Camera {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.fitted = true;
    this.pane = { width: 1, height: 1 };
  }

  setImage(width, height) {
    this.width = width;
    this.height = height;
    this.fit();
  }

  setPane(width, height) {
    this.pane = { width, height };
    if (this.fitted) this.fit();
  }

  fit() {
    this.fitted = true;
    this.zoom = Math.min(this.pane.width / this.width, this.pane.height / this.height);
    this.x = this.width / 2;
    this.y = this.height / 2;
  }

  // Zoom by a factor and keep the image point under (px, py) of the pane where it is.
  zoomBy(factor, px = this.pane.width / 2, py = this.pane.height / 2) {
    const zoom = Math.min(ZOOM_LIMITS[1], Math.max(ZOOM_LIMITS[0], this.zoom * factor));
    const [ix, iy] = this.toImage(px, py);
    this.zoom = zoom;
    this.x = ix - (px - this.pane.width / 2) / zoom;
    this.y = iy - (py - this.pane.height / 2) / zoom;
    this.keepInSight();
  }

  panBy(dx, dy) {
    this.x -= dx / this.zoom;
    this.y -= dy / this.zoom;
    this.keepInSight();
  }

  keepInSight() {
    this.fitted = false;
    this.x = Math.min(this.width, Math.max(0, this.x));
    this.y = Math.min(this.height, Math.max(0, this.y));
  }

  toImage(px, py) {
    return [
      this.x + (px - this.pane.width / 2) / this.zoom,
      this.y + (py - this.pane.height / 2) / this.zoom,
    ];
  }

  get left() {
    return this.pane.width / 2 - this.x * this.zoom;
  }

  get top() {
    return this.pane.height / 2 - this.y * this.zoom;
  }
}
