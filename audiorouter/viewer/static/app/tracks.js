// Values with intervals, a line each beside its name in full: bars from 0, or marks on one axis.
(() => {
  "use strict";

  const { element } = window.audiorouter.dom;
  const { svg, marker, glyph, ticks, SERIES } = window.audiorouter.svg;
  const LINE = 14;
  const known = (value) => typeof value === "number" && Number.isFinite(value);

  function drawn({ mean, low, high }, place, y, look, bar, kind) {
    const parts = [];
    if (bar && known(mean)) {
      const [from, to] = [place(Math.min(0, mean)), place(Math.max(0, mean))];
      parts.push(svg("rect", { x: `${from}%`, y: y - 5, width: `${to - from}%`, height: 10, class: `track-bar ${kind ?? ""}` }));
    }
    if (known(low) && known(high)) {
      parts.push(svg("line", { x1: `${place(low)}%`, x2: `${place(high)}%`, y1: y, y2: y, class: "whisker" }));
      for (const end of [low, high]) {
        parts.push(svg("line", { x1: `${place(end)}%`, x2: `${place(end)}%`, y1: y - 4, y2: y + 4, class: "whisker" }));
      }
    }
    if (!bar && known(mean)) parts.push(marker(look, `${place(mean)}%`, y));
    return parts;
  }

  // rows: [{name, said, value, series: [{mean, low, high, kind}]}]; `names` of several series make a legend.
  function create({ rows, bounds: [low, high], format, axis, bar = false, names = [] }) {
    const place = (value) => (100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low || 1);
    const marks = ticks(low, high, 4);
    const lines = rows.map(({ name, said, value, series }) => {
      const height = Math.max(22, LINE * series.length + 8);
      const first = (height - LINE * (series.length - 1)) / 2;
      const grid = marks.map((at) => svg("line", {
        x1: `${place(at)}%`, x2: `${place(at)}%`, y1: 0, y2: height, class: at === 0 ? "grid zero" : "grid",
      }));
      return element("div", { class: "track-row" },
        element("div", { class: "track-name" }, name),
        svg("svg", { class: "track", height, role: "img", "aria-label": said },
          ...grid, ...series.flatMap((one, number) => drawn(one, place, bar && series.length > 1 ? height / 2 : first + LINE * number, SERIES[number % SERIES.length], bar, one.kind))),
        element("div", { class: "track-value" }, value));
    });
    const labels = marks.map((at) => svg("text", {
      x: `${place(at)}%`, y: 13, "text-anchor": place(at) < 8 ? "start" : place(at) > 92 ? "end" : "middle",
    }, format(at)));
    const legend = names.length < 2 ? null : element("p", { class: "legend" },
      ...names.flatMap((name, number) => [element("span", {}, glyph(SERIES[number % SERIES.length]), name)]));
    return element("div", { class: "tracks" }, legend, ...lines,
      element("div", { class: "track-row track-axis", "aria-hidden": "true" }, element("div", {}),
        svg("svg", { class: "track", height: 18 }, ...labels), element("div", {})),
      element("p", { class: "axis-name muted" }, axis));
  }

  Object.assign(window.audiorouter, { tracks: { create } });
})();
