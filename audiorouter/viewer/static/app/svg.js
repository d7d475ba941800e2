// Plots by hand: scales with round numbers, and marks that differ by shape, not by colour alone.
(() => {
  "use strict";

  const SPACE = "http://www.w3.org/2000/svg";

  function svg(tag, attributes = {}, ...children) {
    const made = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) made.setAttribute(name, String(value));
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const SHAPES = {
    circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
    square: "M-4.5 -4.5h9v9h-9Z",
    diamond: "M0 -6L5.5 0L0 6L-5.5 0Z",
    triangle: "M0 -6L5.5 4.5H-5.5Z",
  };
  // By what a strategy may know, and by its place among a few that are shown in one line.
  const KINDS = {
    router: { shape: "circle", filled: true, words: "router that was asked for" },
    end: { shape: "square", filled: true, words: "none, all" },
    baseline: { shape: "diamond", filled: false, words: "baseline" },
    hindsight: { shape: "triangle", filled: false, words: "in hindsight" },
  };
  const SERIES = [
    { shape: "circle", filled: true }, { shape: "square", filled: false },
    { shape: "diamond", filled: true }, { shape: "triangle", filled: false },
  ];

  // At `x`, which may be a share of the width, and `y`.
  function marker({ shape, filled }, x, y) {
    return svg("svg", { x, y, overflow: "visible", width: 1, height: 1 },
      svg("path", { d: SHAPES[shape], class: `marker ${shape} ${filled ? "filled" : "hollow"}` }));
  }

  const glyph = (look) => svg("svg", { class: "glyph", width: 14, height: 14, "aria-hidden": "true" }, marker(look, 7, 7));

  // About `count` round numbers from low to high.
  function ticks(low, high, count = 5) {
    const span = high - low;
    if (!(span > 0) || !Number.isFinite(span)) return [low];
    const raw = span / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw - 1e-12);
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) found.push(at * step);
    return found;
  }

  // Bounds around all finite values, wider by a little; where there is one alone, around it.
  function bounds(values, { least = -Infinity, most = Infinity } = {}) {
    const known = values.filter((value) => Number.isFinite(value));
    const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
    const pad = 0.06 * (high - low) || 0.05;
    return [Math.max(least, low - pad), Math.min(most, high + pad)];
  }

  // Costs: linear near 0, which is where calling nothing is, then by powers of ten.
  function costScale(dearest) {
    const unit = Math.max(dearest / 100, 1e-3);
    const place = (cost) => Math.asinh(cost / unit);
    const marks = [0];
    for (let power = Math.floor(Math.log10(unit)); 10 ** power <= dearest * 1.001; power += 1) {
      if (10 ** power >= unit * 0.99) marks.push(10 ** power);
    }
    return { share: (cost) => place(cost) / place(dearest * 1.08 || 1), ticks: marks };
  }

  Object.assign(window.audiorouter, { svg: { svg, marker, glyph, ticks, bounds, costScale, KINDS, SERIES } });
})();
