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
  // The first button and a pen's tip or eraser paint; everything else moves, zooms and windows.
  const paints = (event) => viewer.editor.paintsOn(view) && (event.button === 0 || event.button === 5);
  const modeOf = (event) => {
    if (event.button === 1 || event.ctrlKey || event.metaKey || viewer.spaceHeld) return "pan";
    if (event.button === 2 || event.shiftKey) return "window";
    if (paints(event)) return "paint";
    return viewer.settings.tool === "window" ? "window" : "cross";
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
    if (pointers.size === 2 && mode === "paint") viewer.editor.abandon();
    mode = pointers.size === 2 ? "pinch" : modeOf(event);
    if (mode === "pinch") spread = gap();
    // The other planes follow the brush.
    if (mode === "cross" || mode === "paint") viewer.moveTo(view.voxelUnder(event.clientX, event.clientY, true));
    if (mode === "paint") viewer.editor.press(view.placeUnder(event.clientX, event.clientY), erases(event));
    event.preventDefault();
  };

  const move = (event) => {
    if (!viewer.volume) return;
    viewer.probe(view, event.clientX, event.clientY);
    if (viewer.editor.paintsOn(view)) viewer.editor.hover(view.placeUnder(event.clientX, event.clientY), erases(event));
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (mode === "cross") viewer.moveTo(view.voxelUnder(event.clientX, event.clientY, true));
    if (mode === "paint") {
      const events = event.getCoalescedEvents?.() ?? [];
      const all = events.length ? events : [event];
      viewer.editor.drag(all.map((one) => view.placeUnder(one.clientX, one.clientY)));
      return;
    }
    if (mode === "window") viewer.grey.drag(dx, dy);
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
    if (mode === "paint") viewer.editor.release();
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
    viewer.editor.release();
    viewer.activate(view.plane);
    if (steps) viewer.goTo(view.plane, view.index - steps);
  };

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => {
    viewer.probe(null);
    if (viewer.editor.paintsOn(view)) viewer.editor.hover(null);
  });
  canvas.addEventListener("wheel", wheel, { passive: false });
  // A small view becomes the large one, the large one is fitted.
  canvas.addEventListener("dblclick", () => {
    if (viewer.editor.paintsOn(view)) return;
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
    stage.classList.add("moving");
    event.preventDefault();
  });
  const letGo = () => {
    viewer.spaceHeld = false;
    stage.classList.remove("moving");
  };
  window.addEventListener("keyup", (event) => event.key === " " && letGo(), { signal });
  window.addEventListener("blur", letGo, { signal });
}
