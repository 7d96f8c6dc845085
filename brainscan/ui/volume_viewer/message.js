// One message from Python: a little-endian uint32 with the header's length, the header as JSON,
// then the sections the header points to. message.py writes what this reads.

function openMessage(message) {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const section = ({ offset, length }) => bytes.slice(4 + size + offset, 4 + size + offset + length);
  return { header, section };
}

// Python leaves the large messages at addresses of their own. An address may be gone for a moment
// while a run of the script is cut short by the next one.
async function fetchMessage(address, signal) {
  for (let attempts = 1; ; attempts += 1) {
    const response = await fetch(address, { signal });
    if (response.ok) return openMessage(await response.arrayBuffer());
    if (attempts === 5) throw new Error(`The scan could not be fetched (${response.status}).`);
    await new Promise((resolve) => setTimeout(resolve, 300 * attempts));
  }
}
