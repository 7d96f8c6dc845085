// The frame of a viewer: full screen, and its life in the page.

function maximized(root) {
  return Boolean(document.fullscreenElement) || root.classList.contains("maximized");
}

// Full screen, or back from it.
async function toggleMaximized(root) {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
  } else if (root.classList.contains("maximized")) {
    root.classList.remove("maximized");
  } else {
    // Some browsers and kiosks refuse full screen; the whole window is the next best.
    await root.requestFullscreen().catch(() => root.classList.add("maximized"));
  }
}

// What Streamlit calls whenever Python sends something. A viewer is made once for its element; it
// has show(message, send) and close().
function mounted(Viewer) {
  const viewers = new WeakMap();
  return function render({ data, parentElement, setTriggerValue }) {
    const root = parentElement.querySelector(".screen");
    if (!viewers.has(root)) viewers.set(root, new Viewer(root));
    const viewer = viewers.get(root);
    if (data) viewer.show(data, setTriggerValue);
    return () => {
      viewer.close();
      viewers.delete(root);
    };
  };
}
