// Findings that have times, drawn under the sound on the same axis: spans and points, a lane each.
(() => {
  "use strict";

  const { element, quoted, shorten } = window.audiorouter.dom;
  const HUES = [212, 28, 150, 282, 338, 188, 52, 110];
  const LANES_OPEN = 8;
  const SHORTEST_LABEL = 24;
  // A point is heard with what follows it.
  const POINT_SECONDS = 0.5;
  const MOST_STACKED = 6;

  const clock = (time) => `${time.toFixed(2)} s`;

  function itemsOf(lane) {
    const spans = (lane.items || []).map(([start, end, label]) => ({ start, end: Math.max(start, end), label: String(label ?? "") }));
    const points = (lane.points || []).map((time) => ({ start: time, end: time, label: "", point: true }));
    return [...spans, ...points].filter((item) => Number.isFinite(item.start) && Number.isFinite(item.end)).sort((a, b) => a.start - b.start);
  }

  // Spans that overlap go below each other: each takes the first line that is free by then.
  function stack(items) {
    const ends = [];
    for (const item of items) {
      let line = ends.findIndex((end) => end <= item.start + 1e-6);
      if (line < 0) line = Math.min(ends.length, MOST_STACKED - 1);
      ends[line] = Math.max(ends[line] ?? 0, item.end);
      item.line = line;
    }
    return Math.max(1, ends.length);
  }

  // Labels that come again, such as speakers, are told apart by colour as well.
  function hueOf(items, laneHue) {
    const labels = [...new Set(items.map((item) => item.label))];
    if (labels.length < 2 || labels.length > HUES.length || labels.length === items.length) return () => laneHue;
    return (item) => HUES[(HUES.indexOf(laneHue) + labels.indexOf(item.label)) % HUES.length];
  }

  function laneElement(lane, hue, tool, { play, reveal, hint }) {
    const items = itemsOf(lane);
    const lines = stack(items);
    const hueFor = hueOf(items, hue);
    const inner = element("div", { class: "lane-inner" });
    const cursor = cursorElement();
    const buttons = items.map((item, place) => {
      const times = item.point ? clock(item.start) : `${clock(item.start)} to ${clock(item.end)}`;
      const label = shorten(item.label || lane.name);
      const button = element("button", {
        type: "button", class: item.point ? "lane-item point" : "lane-item span", tabindex: place ? "-1" : "0",
        "aria-label": `${label}, ${times}`, "data-start": item.start, "data-end": item.end,
        style: { "--hue": String(hueFor(item)), "--line": String(item.line) },
      }, item.point ? null : quoted(shorten(item.label, 200), "span"));
      button.addEventListener("click", () => play(item.start, item.point ? item.start + POINT_SECONDS : item.end));
      for (const event of ["pointerenter", "focus"]) {
        button.addEventListener(event, () => hint.show(button, item.label || lane.name, times));
      }
      button.addEventListener("focus", () => reveal(item.start, item.end));
      for (const event of ["pointerleave", "blur"]) button.addEventListener(event, hint.hide);
      inner.append(button);
      return button;
    });
    // One stop for Tab, arrows within: a transcript of 500 words is not 500 stops.
    inner.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const place = buttons.indexOf(event.target);
      const next = buttons[place + step];
      if (!step || place < 0 || !next) return;
      event.preventDefault();
      event.stopPropagation();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus({ preventScroll: true });
    });
    const box = element("div", { class: "lane", role: "group", "aria-label": `${shorten(tool, 80)}: ${shorten(lane.name, 80)}`, style: { "--lines": String(lines) } },
      quoted(shorten(lane.name, 60), "span", { class: "lane-name", title: shorten(lane.name) }),
      element("div", { class: "lane-track" }, inner, cursor));
    return { box, inner, items, buttons, cursor };
  }

  // Each track has its own: names and headings between tracks stay clear of the line.
  const cursorElement = () => element("div", { class: "lane-cursor", hidden: true });

  // How times are numbered: the finest of 1, 2, 5 × 10ⁿ that leaves 64 px for each number.
  function tickStep(secondsPerPixel) {
    const least = 64 * secondsPerPixel;
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
  }

  // calls: [{label, lanes}]; on: {play(start, end), reveal(start, end), scrollBy(pixels), hint: {show, hide}}
  function create(calls, on) {
    const ruler = element("div", { class: "lane-inner ruler-inner" });
    const cursor = cursorElement();
    const box = element("div", { class: "lanes" },
      element("div", { class: "lane ruler", "aria-hidden": "true" }, element("span", { class: "lane-name" }, "seconds"), element("div", { class: "lane-track" }, ruler, cursor)));
    const total = calls.reduce((sum, call) => sum + call.lanes.length, 0);
    const drawn = [];
    let before = 0;
    for (const call of calls) {
      const lanes = call.lanes.map((lane, place) => laneElement(lane, HUES[(before + place) % HUES.length], call.label, on));
      before += lanes.length;
      drawn.push(...lanes);
      const number = lanes.reduce((sum, lane) => sum + lane.items.length, 0);
      box.append(element("details", { class: "lane-group", open: total <= LANES_OPEN || before <= LANES_OPEN / 2 },
        element("summary", {}, quoted(shorten(call.label, 120), "code"), call.run ? element("span", { class: "badge" }, call.run) : null, element("span", { class: "muted" }, ` ${number}`)),
        ...lanes.map((lane) => lane.box)));
    }
    const cursors = [cursor, ...drawn.map((lane) => lane.cursor)];
    box.addEventListener("wheel", (event) => {
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        on.scrollBy(sideways);
      }
    }, { passive: false });

    let [duration, width, left, time] = [1, 0, 0, null];
    // Measured once a layout: to ask while things move makes the browser lay out the page again.
    let trackWidth = 0;

    function moveCursor() {
      const place = time === null ? -1 : (time / duration) * width - left;
      for (const line of cursors) {
        line.hidden = place < 0 || place > trackWidth + 1;
        line.style.transform = `translateX(${place}px)`;
      }
    }

    function drawRuler() {
      const step = tickStep(duration / width);
      const digits = Math.max(0, -Math.floor(Math.log10(step)));
      const ticks = [];
      for (let tick = 0; tick * step <= duration && ticks.length < 2000; tick += 1) {
        ticks.push(element("span", { style: { left: `${(100 * tick * step) / duration}%` } }, (tick * step).toFixed(digits)));
      }
      ruler.replaceChildren(...ticks);
    }

    return {
      box,
      // seconds; pixels of the whole axis; pixels by which it is scrolled
      layout(newDuration, newWidth, newLeft) {
        [duration, width, left] = [newDuration, newWidth, newLeft];
        trackWidth = ruler.parentElement.clientWidth;
        drawRuler();
        for (const lane of drawn) {
          lane.items.forEach((item, place) => {
            const { style, classList } = lane.buttons[place];
            const start = Math.min(item.start, duration);
            style.left = `${(100 * start) / duration}%`;
            if (item.point) return;
            const share = (Math.min(item.end, duration) - start) / duration;
            style.width = `${100 * share}%`;
            classList.toggle("slim", share * width < SHORTEST_LABEL);
          });
        }
        box.style.setProperty("--axis", `${width}px`);
        this.scroll(left);
      },
      scroll(pixels) {
        left = pixels;
        box.style.setProperty("--scrolled", `${-pixels}px`);
        moveCursor();
      },
      time(now, isPlaying) {
        time = now;
        moveCursor();
        for (const lane of drawn) {
          lane.items.forEach((item, place) => {
            if (item.point) return;
            lane.buttons[place].classList.toggle("now", isPlaying && item.start <= now && now < item.end);
          });
        }
      },
      trackWidth: () => ruler.parentElement.clientWidth,
    };
  }

  Object.assign(window.audiorouter, { lanes: { create } });
})();
