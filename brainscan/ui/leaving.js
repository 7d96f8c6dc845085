// What readers drew lives in the session, and reloading or closing the page ends the session.
// The browser asks before it does so while the frame says that there is something to lose.
(() => {
  if (window.brainscanAsksBeforeLeaving) return;
  window.brainscanAsksBeforeLeaving = true;
  window.addEventListener("beforeunload", (event) => {
    const frame = document.querySelector("[data-outlines]");
    if (frame && Number(frame.dataset.outlines) > 0) event.preventDefault();
  });
})();
