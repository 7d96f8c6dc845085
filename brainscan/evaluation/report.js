(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const light = JSON.parse(document.getElementById("light-colors").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  // Figures are drawn for a dark page.
  function exchanged(value) {
    if (typeof value === "string") return light[value] || value;
    if (Array.isArray(value)) return value.map(exchanged);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, exchanged(part)]));
  }
  function draw() {
    const color = getComputedStyle(document.body).color;
    const family = getComputedStyle(document.body).fontFamily;
    for (const [id, figure] of Object.entries(dark.matches ? figures : exchanged(figures))) {
      const layout = Object.assign({}, figure.layout, {
        template: {}, font: { color: color, family: family, size: 13 }, autosize: true,
      });
      Plotly.react(id, figure.data, layout, { displayModeBar: false, responsive: true });
    }
  }
  draw();
  dark.addEventListener("change", draw);
})();
