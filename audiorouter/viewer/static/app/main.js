// Joins the parts: the address says what is looked at, everything else is drawn from it.
(() => {
  "use strict";

  const { data, questions, address, dom } = window.audiorouter;
  const NARROW = "(max-width: 799px)";
  const part = (id) => document.getElementById(id);

  function start(index) {
    const all = questions.fromIndex(index);
    const strategies = index.kind === "evaluation" ? window.audiorouter.strategies.create(index, all) : null;
    let view = address.read(location.hash);
    // Who opens an evaluation wants its figures first, also where list and figures take turns.
    if (strategies && location.hash === "") view.overview = true;
    let pair = null;
    let runs = strategies ? strategies.runs(view) : index.runs;
    const twoRuns = runs.length > 1;
    let shown = [];
    let selection = "";
    let drawnRow = null;
    let rowBar = null;
    let sound = null;
    let wasOpen = false;

    const list = window.audiorouter.list.create(part("list"), { twoRuns, open: (position) => open(position) });
    const filters = window.audiorouter.filters.create(part("filters"), all, twoRuns, change,
      strategies && { ...strategies, list: index.strategies });

    part("title").textContent = index.title;
    part("subtitle").textContent = strategies ? "routers side by side" : runs.map((run) => run.name).join(" and ");

    // A change that is one of many, as a letter typed, replaces its entry in the history.
    function change(changes, { quiet = false } = {}) {
      const next = { ...view, ...changes };
      const hash = address.write(next);
      if (hash !== address.write(view)) {
        if (quiet) history.replaceState(null, "", hash);
        else history.pushState(null, "", hash);
      }
      view = next;
      draw();
    }

    function open(position, options) {
      change({ ...address.rowAt(position, all), overview: false }, options);
    }

    const close = () => change({ row: null, at: null, overview: false });
    const overview = () => change({ row: null, at: null, overview: true });
    const announce = (text) => { part("announcement").textContent = text; };

    const current = () => address.position(view, all);
    const placeOf = (position) => {
      const place = shown.findIndex((question) => question.position === position);
      return place < 0 ? null : place;
    };

    function step(direction, fits = () => true) {
      const place = current() === null ? null : placeOf(current());
      let next = place === null ? (direction > 0 ? 0 : shown.length - 1) : place + direction;
      while (shown[next] && !fits(shown[next])) next += direction;
      if (shown[next]) open(shown[next].position, { quiet: current() !== null });
      return Boolean(shown[next]);
    }

    function edge(end) {
      const question = shown.at(end);
      if (question) open(question.position, { quiet: current() !== null });
    }

    function wrong(direction) {
      if (!step(direction, (question) => question.correct === false)) {
        announce(direction > 0 ? "No wrong one further on" : "No wrong one before this");
      }
    }

    function drawSelection() {
      const { row, at, overview: isOverview, ...chosen } = view;
      if (JSON.stringify(chosen) === selection) return false;
      selection = JSON.stringify(chosen);
      const selected = questions.select(all, view, twoRuns);
      shown = selected.shown;
      filters.set(view, selected.counts);
      list.show(shown);
      window.audiorouter.overview.accuracyLine(part("accuracy"), shown, all.length, runs);
      part("nothing").hidden = shown.length > 0;
      announce(`${dom.count(shown.length, "question")} shown`);
      return true;
    }

    function replaceDetail(parts, name) {
      part("detail").replaceChildren(...parts);
      part("detail").setAttribute("aria-label", name);
      part("detail").scrollTop = 0;
    }

    function stopSound() {
      sound?.destroy();
      sound = null;
    }

    const barFor = (position) => window.audiorouter.row.bar({
      place: placeOf(position), total: shown.length, close, previous: () => step(-1), next: () => step(1),
    });

    function drawBar(position) {
      const bar = barFor(position);
      rowBar?.replaceWith(bar);
      rowBar = bar;
    }

    async function drawRow(position) {
      drawnRow = position;
      stopSound();
      rowBar = barFor(position);
      const tell = (text, kind) => {
        if (drawnRow === position) replaceDetail([rowBar, dom.element("p", { class: kind }, text)], "Question");
      };
      const waiting = setTimeout(() => tell("The row is being loaded …", "muted"), 150);
      try {
        const row = await data.row(position, index.part_size);
        if (drawnRow !== position) return;
        const ofTwo = strategies ? strategies.row({ ...row, ...groupsOf(position), position }, view) : row;
        const made = window.audiorouter.row.create(ofTwo, runs);
        sound = made.sound;
        const routes = strategies ? [window.audiorouter.routes.create(row, index, all[position])] : [];
        replaceDetail([rowBar, ...made.parts, ...routes], "Question");
      } catch (error) {
        tell(error.message, "problem");
      } finally {
        clearTimeout(waiting);
      }
    }

    const groupsOf = (position) => ({ domain: all[position].domain, category: all[position].category });

    // Another pair of strategies is as another two runs.
    function drawPair() {
      if (!strategies || JSON.stringify(strategies.names(view)) === pair) return;
      pair = JSON.stringify(strategies.names(view));
      runs = strategies.runs(view);
      strategies.apply(view);
      drawnRow = null;
    }

    // On a narrow page list and row take turns, and the focus goes along.
    function turnTo(detailOpen) {
      const turned = document.body.classList.toggle("detail-open", detailOpen) !== wasOpen;
      wasOpen = detailOpen;
      if (turned && matchMedia(NARROW).matches) part(detailOpen ? "detail" : "list").focus();
    }

    function draw() {
      drawPair();
      const selectionChanged = drawSelection();
      const position = current();
      list.select(position);
      const detailOpen = view.row !== null || view.overview;
      turnTo(detailOpen);
      // On a narrow screen the list stands alone until the overview is asked for.
      const seen = detailOpen || !matchMedia(NARROW).matches;
      part("overview-button").setAttribute("aria-pressed", String(position === null && seen));
      if (position !== null) {
        if (position !== drawnRow) drawRow(position);
        else if (selectionChanged) drawBar(position);
        return;
      }
      stopSound();
      drawnRow = null;
      const back = dom.element("button", { type: "button", class: "back", on: { click: close } }, "‹ List");
      const missing = view.row === null ? [] : [dom.element("p", { class: "problem" }, "There is no question with the id ", dom.quoted(view.row), ".")];
      replaceDetail([back, ...missing, ...overviewParts()], "Overview");
    }

    function overviewParts() {
      if (!strategies) return window.audiorouter.overview.page(index, runs, shown, all, view, change);
      return window.audiorouter.evaluation.page(index, strategies.names(view), all, change);
    }

    const keyboard = window.audiorouter.keyboard.create({
      step, wrong, overview, edge,
      playPause: () => sound?.playPause(),
      seekBy: (seconds) => sound?.seekBy(seconds),
      zoomBy: (factor) => sound?.zoomBy(factor),
      search: () => filters.focusSearch(),
      close,
    });
    part("help-button").addEventListener("click", keyboard.help);
    part("overview-button").addEventListener("click", overview);
    part("clear").addEventListener("click", () => change({
      ...address.NOTHING, row: view.row, at: view.at, first: view.first, second: view.second,
    }));
    for (const event of ["popstate", "hashchange"]) {
      window.addEventListener(event, () => {
        view = address.read(location.hash);
        draw();
      });
    }
    // Canvases are painted in the colours of their time.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      if (drawnRow !== null) drawRow(drawnRow);
    });
    document.title = `${index.title} – AudioRouter`;
    draw();
    document.body.dataset.ready = "true";
  }

  document.addEventListener("DOMContentLoaded", async () => {
    try {
      start(await data.index());
    } catch (error) {
      part("detail").replaceChildren(dom.element("p", { class: "problem" }, error.message));
      throw error;
    }
  });
})();
