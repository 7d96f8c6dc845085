// One message from Python: a little-endian uint32 with the header's length, the header as JSON,
// then the sections the header points to. message.py writes what this reads.

function openMessage(message) {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const section = ({ offset, length }) => bytes.slice(4 + size + offset, 4 + size + offset + length);
  return { header, section };
}

// Where the element that carries the voxels leaves them for the viewer. Both are modules of
// their own, so they meet at the window.
const SHELF = "brainscanVolume";
const ARRIVED = "brainscan-volume";
