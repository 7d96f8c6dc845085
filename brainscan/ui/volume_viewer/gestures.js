// Mouse, pen and touch on one view of the volume viewer.

const WHEEL_STEP = 40; // pixels of turning for one slice

function listenToView(view, viewer) {
  const { canvas, camera } = view;
  const pointers = new Map();
  let mode = null;
  let spread = 0;
  let turned = 0;
  const ratio = () => window.devicePixelRatio || 1;
  const gap = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  const modeOf = (event) => {
    if (event.button === 1 || event.ctrlKey || event.metaKey || viewer.spaceHeld) return "pan";
    if (event.button === 2 || event.shiftKey || viewer.settings.tool === "window") return "window";
    return "cross";
  };
  const zoom = (factor, event) => {
    const box = canvas.getBoundingClientRect();
    camera.zoomBy(factor, (event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio());
    viewer.refresh();
  };

  const down = (event) => {
    if (!viewer.volume) return;
    view.root.focus({ preventScroll: true });
    viewer.activate(view.plane);
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    mode = pointers.size === 2 ? "pinch" : modeOf(event);
    if (mode === "pinch") spread = gap();
    if (mode === "cross") viewer.moveTo(view.voxelUnder(event.clientX, event.clientY, true));
    event.preventDefault();
  };

  const move = (event) => {
    if (!viewer.volume) return;
    viewer.probe(view, event.clientX, event.clientY);
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (mode === "cross") viewer.moveTo(view.voxelUnder(event.clientX, event.clientY, true));
    if (mode === "window") viewer.dragWindow(dx, dy);
    if (mode === "pan" || mode === "pinch") camera.panBy((dx * ratio()) / pointers.size, (dy * ratio()) / pointers.size);
    if (mode === "pinch" && pointers.size === 2) {
      const now = gap();
      zoom(now / Math.max(spread, 1), event);
      spread = now;
    }
    viewer.refresh();
  };

  const up = (event) => {
    pointers.delete(event.pointerId);
    mode = null;
  };

  const wheel = (event) => {
    event.preventDefault();
    if (!viewer.volume) return;
    const turn = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    if (event.ctrlKey || event.metaKey) {
      zoom(Math.exp(-turn * 0.0018), event);
      return;
    }
    turned += turn;
    const steps = Math.trunc(turned / WHEEL_STEP);
    turned -= steps * WHEEL_STEP;
    viewer.activate(view.plane);
    if (steps) viewer.goTo(view.plane, view.index - steps);
  };

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => viewer.probe(null));
  canvas.addEventListener("wheel", wheel, { passive: false });
  // A small view becomes the large one, the large one is fitted.
  canvas.addEventListener("dblclick", () => {
    const large = viewer.settings.layout === "main" && viewer.main === view.plane;
    viewer.act(large ? "fit" : view.plane);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}

// While the space bar is held over the views, a drag moves the picture.
function listenToSpace(viewer) {
  const { signal } = viewer.closing;
  const stage = viewer.root.querySelector(".stage");
  stage.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    viewer.spaceHeld = true;
    event.preventDefault();
  });
  window.addEventListener("keyup", (event) => event.key === " " && (viewer.spaceHeld = false), { signal });
  window.addEventListener("blur", () => (viewer.spaceHeld = false), { signal });
}
