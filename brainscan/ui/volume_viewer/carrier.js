// An element without looks: it hands the voxels to the viewer, once for each volume.

export default function render({ data }) {
  if (data) {
    const opened = openMessage(data);
    if (window[SHELF]?.header.volume !== opened.header.volume) {
      window[SHELF] = opened;
      window.dispatchEvent(new Event(ARRIVED));
    }
  }
  return () => {
    delete window[SHELF];
  };
}
