(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  function draw() {
    const color = getComputedStyle(document.body).color;
    const family = getComputedStyle(document.body).fontFamily;
    for (const [id, figure] of Object.entries(figures)) {
      const layout = Object.assign({}, figure.layout, {
        template: {}, font: { color: color, family: family, size: 13 }, autosize: true,
      });
      Plotly.react(id, figure.data, layout, { displayModeBar: false, responsive: true });
    }
  }
  draw();
  dark.addEventListener("change", draw);
})();
