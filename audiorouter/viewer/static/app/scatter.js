// Accuracy against cost: a mark and an interval for each strategy, and the curve of the routers.
(() => {
  "use strict";

  const { element, shorten, percent, seconds } = window.audiorouter.dom;
  const { svg, marker, glyph, ticks, bounds, costScale, KINDS } = window.audiorouter.svg;
  const LINE = 16;
  const WIDE = 620;
  const NAMES = 190;
  const TOP = 14;
  const BOTTOM = 46;
  const LEFT = 44;

  // Heights at which labels neither meet nor leave the plot, as near as can be to those wanted.
  function spread(wanted, low, high) {
    const placed = [];
    for (const height of wanted) placed.push(Math.max(height, placed.length ? placed.at(-1) + LINE : low));
    let most = high;
    for (let place = placed.length - 1; place >= 0; place -= 1) {
      placed[place] = Math.min(placed[place], most);
      most = placed[place] - LINE;
    }
    return placed;
  }

  function trim(text, width) {
    let length = text.textContent.length;
    const whole = [...text.textContent];
    while (text.getComputedTextLength() > width && length > 1) {
      length = Math.floor(length * 0.9);
      text.textContent = `${whole.slice(0, length).join("")}…`;
    }
  }

  // points: [{number, label, kind, cost, mean, low, high}]
  function draw(picture, width, points, hull) {
    const names = width >= WIDE;
    const height = Math.max(names ? 360 : 300, points.length * LINE + TOP + BOTTOM);
    const right = names ? NAMES + 18 : 34;
    const scale = costScale(Math.max(...points.map(({ cost }) => cost)));
    const [low, high] = bounds(points.flatMap((point) => [point.mean, point.low ?? NaN, point.high ?? NaN]), { least: 0, most: 1 });
    const x = (cost) => LEFT + scale.share(cost) * (width - LEFT - right) + 8;
    const y = (share) => height - BOTTOM - ((share - low) / (high - low || 1)) * (height - TOP - BOTTOM);
    const end = width - right;
    let last = -Infinity;
    const crosswise = ticks(low, high).map((at) => svg("g", {},
      svg("line", { x1: LEFT, x2: end, y1: y(at), y2: y(at), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, percent(at))));
    const upright = scale.ticks.filter((at) => {
      const free = x(at) - last > 34;
      if (free) last = x(at);
      return free;
    }).map((at) => svg("g", {},
      svg("line", { x1: x(at), x2: x(at), y1: TOP, y2: height - BOTTOM, class: "grid" }),
      svg("text", { x: x(at), y: height - BOTTOM + 16, "text-anchor": "middle" }, String(Number(at.toPrecision(2))))));
    const curve = hull.length < 2 ? null : svg("polyline", {
      class: "curve", points: [...hull, [Math.max(...points.map(({ cost }) => cost)), hull.at(-1)[1]]].map(([cost, share]) => `${x(cost)},${y(share)}`).join(" "),
    });
    const inOrder = [...points].sort((a, b) => b.mean - a.mean || b.cost - a.cost);
    const places = spread(inOrder.map(({ mean }) => y(mean)), TOP, height - BOTTOM);
    const marks = [];
    const labels = [];
    inOrder.forEach((point, place) => {
      const [at, across] = [x(point.cost), y(point.mean)];
      if (point.low !== null && point.high !== null) {
        marks.push(svg("path", { class: "whisker", d: `M${at} ${y(point.low)}V${y(point.high)}M${at - 4} ${y(point.low)}h8M${at - 4} ${y(point.high)}h8` }));
      }
      marks.push(svg("g", {}, svg("title", {}, `${shorten(point.label)}: ${percent(point.mean, 1)}, ${seconds(point.cost)}`), marker(KINDS[point.kind], at, across)));
      marks.unshift(svg("line", { class: "leader", x1: at + 7, y1: across, x2: end + 6, y2: places[place] }));
      labels.push(svg("text", { class: "point-label", x: end + 10, y: places[place] + 4 },
        names ? `${point.number} \u2068${shorten(point.label, 80)}\u2069` : String(point.number)));
    });
    picture.replaceChildren(...crosswise, ...upright, ...(curve ? [curve] : []), ...marks, ...labels,
      svg("text", { x: (LEFT + end) / 2, y: height - 8, "text-anchor": "middle" }, "seconds of tools a question"));
    picture.setAttribute("height", String(height));
    picture.setAttribute("width", String(width));
    labels.forEach((label) => trim(label, right - 12));
  }

  function create(points, hull) {
    const best = [...points].sort((a, b) => b.mean - a.mean)[0];
    const picture = svg("svg", {
      class: "plot scatter", role: "img",
      "aria-label": `Accuracy against seconds of tools of ${points.length} strategies; the most accurate is ${shorten(best.label, 60)}. The table below has all figures.`,
    });
    const kinds = Object.keys(KINDS).filter((kind) => points.some((point) => point.kind === kind));
    const curve = hull.length < 2 ? null : element("span", {},
      svg("svg", { class: "glyph", width: 26, height: 14, "aria-hidden": "true" }, svg("polyline", { class: "curve", points: "0,7 26,7" })),
      "best mixture of none and the routers");
    const box = element("div", { class: "plot-box" },
      element("p", { class: "legend" }, ...kinds.map((kind) => element("span", {}, glyph(KINDS[kind]), KINDS[kind].words)), curve), picture);
    let drawnAt = 0;
    new ResizeObserver(() => {
      const width = Math.floor(box.clientWidth);
      if (width < 120 || width === drawnAt) return;
      drawnAt = width;
      draw(picture, width, points, hull);
    }).observe(box);
    return box;
  }

  Object.assign(window.audiorouter, { scatter: { create } });
})();
