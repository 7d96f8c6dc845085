// Mouse, pen and touch on the stage. Coordinates handed on are device pixels within a pane.

function listenToGestures(stage, viewer) {
  const pointers = new Map();
  let mode = null;
  let spread = 0;
  let pane = null; // where a stroke began: it stays there in spirit

  // The first button and a pen's tip or eraser paint; everything else moves, zooms and windows.
  const paints = (event) =>
    viewer.editor.open && !viewer.spaceHeld && !event.shiftKey && (event.button === 0 || event.button === 5);
  const windows = (event) =>
    event.button === 2 || event.shiftKey || (event.button === 0 && viewer.settings.tool === "window");
  const gap = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  const down = (event) => {
    if (event.target.closest(".help")) return;
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      if (mode === "paint") viewer.editor.abandon();
      mode = "pinch";
      spread = gap();
    } else if (paints(event)) {
      mode = "paint";
      pane = viewer.paneAt(event.clientX);
      viewer.editor.press(viewer.placeAt(event.clientX, event.clientY, pane), erases(event));
    } else {
      mode = windows(event) && !viewer.spaceHeld ? "window" : "pan";
    }
    stage.classList.toggle("dragging", mode === "pan");
    stage.classList.toggle("windowing", mode === "window");
    event.preventDefault();
  };

  const move = (event) => {
    viewer.probe(event.clientX, event.clientY);
    viewer.hover(event, mode === "paint" ? pane : undefined);
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (mode === "pinch" && pointers.size === 2) {
      const now = gap();
      viewer.zoomAt(now / Math.max(spread, 1), event.clientX, event.clientY);
      viewer.pan(dx / 2, dy / 2);
      spread = now;
    } else if (mode === "window") {
      viewer.dragWindow(dx, dy);
    } else if (mode === "pan") {
      viewer.pan(dx, dy);
    } else if (mode === "paint") {
      const events = event.getCoalescedEvents?.() ?? [];
      const all = events.length ? events : [event];
      viewer.editor.drag(all.map((one) => viewer.placeAt(one.clientX, one.clientY, pane)));
    }
  };

  const up = (event) => {
    pointers.delete(event.pointerId);
    if (mode === "paint") viewer.editor.release();
    mode = pointers.size === 1 ? "pan" : null;
    stage.classList.remove("dragging", "windowing");
  };

  const wheel = (event) => {
    if (event.target.closest(".help")) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    viewer.zoomAt(Math.exp(-event.deltaY * lines * 0.0018), event.clientX, event.clientY);
  };

  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => {
    viewer.probe(null, null);
    viewer.hover(null);
  });
  stage.addEventListener("wheel", wheel, { passive: false });
  stage.addEventListener("dblclick", () => viewer.editor.open || viewer.act("fit"));
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  listenToSpace(stage, viewer);
}

// While the space bar is held in the edit mode, a drag moves the picture instead of painting.
function listenToSpace(stage, viewer) {
  const { signal } = viewer.closing;
  const hold = (held) => {
    viewer.spaceHeld = held;
    stage.classList.toggle("moving", held);
  };
  stage.addEventListener("keydown", (event) => {
    if (event.key !== " " || !viewer.editor.open || event.target !== stage) return;
    hold(true);
    event.preventDefault();
  });
  window.addEventListener("keyup", (event) => event.key === " " && hold(false), { signal });
  window.addEventListener("blur", () => hold(false), { signal });
}
