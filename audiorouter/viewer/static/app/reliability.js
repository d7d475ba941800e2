// A reliability diagram: how often what was thought so likely came true, and how often it was thought.
(() => {
  "use strict";

  const { element, percent } = window.audiorouter.dom;
  const { svg, marker, SERIES } = window.audiorouter.svg;
  const { create: table } = window.audiorouter.sortable;
  const SIZE = 308;
  const LEFT = 44;
  const TOP = 10;
  const PLOT = 240;
  const COUNTS = 44;

  function picture(bins, event) {
    const x = (share) => LEFT + share * PLOT;
    const y = (share) => TOP + (1 - share) * PLOT;
    const most = Math.max(...bins.map(({ questions }) => questions));
    const base = TOP + PLOT + 26 + COUNTS;
    const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((at) => [
      svg("line", { class: "grid", x1: x(0), x2: x(1), y1: y(at), y2: y(at) }),
      svg("line", { class: "grid", x1: x(at), x2: x(at), y1: y(0), y2: y(1) }),
      svg("text", { x: x(0) - 6, y: y(at) + 4, "text-anchor": "end" }, percent(at)),
      svg("text", { x: x(at), y: y(0) + 16, "text-anchor": "middle" }, percent(at)),
    ]);
    const points = bins.flatMap(({ probability, questions, share: [rate, low, high], from, to }) => [
      low === null ? null : svg("path", { class: "whisker", d: `M${x(probability)} ${y(low)}V${y(high)}M${x(probability) - 4} ${y(low)}h8M${x(probability) - 4} ${y(high)}h8` }),
      svg("g", {}, svg("title", {}, `${percent(from)} to ${percent(to)}: ${questions} questions, ${percent(rate)} ${event}`),
        marker(SERIES[0], x(probability), y(rate))),
      svg("rect", { class: "count", x: x(from) + 1, width: PLOT / 10 - 2, y: base - Math.max(1, (COUNTS * questions) / most), height: Math.max(1, (COUNTS * questions) / most) }),
    ]);
    return svg("svg", {
      class: "plot", width: SIZE, height: base + 4, role: "img",
      "aria-label": `Reliability diagram of ${bins.length} bins; the table beside it has all figures.`,
    }, ...grid, svg("line", { class: "ideal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }), ...points,
    svg("text", { x: x(0) - 6, y: base, "text-anchor": "end" }, "n"));
  }

  // `event` is what comes true: "right", "mended".
  function create(bins, event, caption) {
    if (!bins.length) return element("p", { class: "muted" }, "There are no probabilities.");
    const rows = bins.map(({ from, to, probability, questions, share: [rate, low, high] }) => [
      { shown: `${percent(from)}–${percent(to)}`, key: from },
      { shown: questions.toLocaleString("en"), key: questions },
      { shown: percent(probability, 1), key: probability },
      { shown: percent(rate, 1), key: rate },
      { shown: low === null ? "–" : `${percent(low, 1)} … ${percent(high, 1)}`, key: low },
    ]);
    return element("div", { class: "reliability" }, picture(bins, event),
      table(caption, [{ title: "probability" }, { title: "n" }, { title: "mean" }, { title: event }, { title: "95% interval" }], rows));
  }

  Object.assign(window.audiorouter, { reliability: { create } });
})();
