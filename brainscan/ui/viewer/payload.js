// One message from Python: a little-endian uint32 with the header's length, the header as
// JSON, then the sections the header points to. payload.py writes what this reads.

function readPayload(message) {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const section = ({ offset, length }) => bytes.slice(4 + size + offset, 4 + size + offset + length);
  const raw = section(header.pixels);
  const colormaps = {};
  for (const [name, where] of Object.entries(header.colormaps)) colormaps[name] = section(where);
  return {
    ...header,
    outline: readOutline(header.outline, header),
    started: header.started,
    pixels: header.dtype === "uint16" ? new Uint16Array(raw.buffer) : raw,
    presets: header.presets.map((preset) => ({ ...preset, curve: curveOf(preset, section) })),
    maps: header.maps.map((map) => ({ ...map, values: section(map.values) })),
    colormaps,
    download: header.download ? { ...header.download, bytes: section(header.download.file) } : null,
  };
}

// How a window function shades (see raster.js): LINEAR, LINEAR_EXACT, SIGMOID or TABLE.
function curveOf(preset, section) {
  if (preset.function === "TABLE") return tabled(new Float32Array(section(preset.table).buffer));
  return preset.function === "SIGMOID" ? sigmoid : straight;
}
