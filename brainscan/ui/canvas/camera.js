// Where the slice lies in a pane. Zoom is screen (device) pixels for the width of an image
// pixel; its height is drawn by the pixel's aspect, so that a millimetre is as long down as it
// is across. The image point (x, y) is at the middle of the pane. Panes side by side share one
// camera.

const ZOOM_LIMITS = [0.02, 64];

class Camera {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.aspect = 1;
    this.fitted = true;
    this.pane = { width: 1, height: 1 };
  }

  // Aspect: height of a pixel in units of its width.
  setImage(width, height, aspect) {
    this.width = width;
    this.height = height;
    this.aspect = aspect;
    this.fit();
  }

  setPane(width, height) {
    this.pane = { width, height };
    if (this.fitted) this.fit();
  }

  fit() {
    this.fitted = true;
    this.zoom = Math.min(this.pane.width / this.width, this.pane.height / (this.height * this.aspect));
    this.x = this.width / 2;
    this.y = this.height / 2;
  }

  // Zoom by a factor and keep the image point under (px, py) of the pane where it is.
  zoomBy(factor, px = this.pane.width / 2, py = this.pane.height / 2) {
    const zoom = Math.min(ZOOM_LIMITS[1], Math.max(ZOOM_LIMITS[0], this.zoom * factor));
    const [ix, iy] = this.toImage(px, py);
    this.zoom = zoom;
    this.x = ix - (px - this.pane.width / 2) / zoom;
    this.y = iy - (py - this.pane.height / 2) / (zoom * this.aspect);
    this.keepInSight();
  }

  panBy(dx, dy) {
    this.x -= dx / this.zoom;
    this.y -= dy / this.down;
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
      this.y + (py - this.pane.height / 2) / this.down,
    ];
  }

  // Screen pixels for the height of an image pixel.
  get down() {
    return this.zoom * this.aspect;
  }

  get left() {
    return this.pane.width / 2 - this.x * this.zoom;
  }

  get top() {
    return this.pane.height / 2 - this.y * this.down;
  }
}
