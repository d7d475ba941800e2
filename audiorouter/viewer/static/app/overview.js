// How many are right of those shown: one line above the list, and the page of the whole report.
(() => {
  "use strict";

  const { element, quoted, shorten, percent, count } = window.audiorouter.dom;
  const { changeOf } = window.audiorouter.questions;
  const { accuracy, groups } = window.audiorouter.statistics;
  const GROUPS_SHOWN = 40;

  function interval(share, label) {
    if (share.low === null) return null;
    const place = (value) => `${(100 * value).toFixed(1)}%`;
    return element("span", { class: "interval", role: "img", "aria-label": label },
      element("span", { class: "interval-range", style: { left: place(share.low), width: place(share.high - share.low) } }),
      element("span", { class: "interval-point", style: { left: place(share.rate ?? 0) } }));
  }

  const range = ({ low, high }, digits) => (low === null ? "" : `${percent(low, digits)}–${percent(high, digits)}`);

  function inWords(share) {
    if (!share.total) return "none of these is scored";
    const bounds = share.low === null ? "no interval: fewer than 6 clips" : `95% interval ${percent(share.low, 1)} to ${percent(share.high, 1)}`;
    return `${percent(share.rate, 1)} right (${share.right} of ${share.total}), ${bounds}`;
  }

  function accuracyLine(box, shown, all, runs) {
    const columns = runs.length > 1 ? ["correct", "other_correct"] : ["correct"];
    const lines = columns.map((column, place) => {
      const share = accuracy(shown, column);
      const name = runs.length > 1 ? quoted(runs[place].name, "span", { class: "run-name" }) : null;
      if (!share.total) return element("p", { class: "accuracy-line" }, name, "None of these is scored");
      return element("p", { class: "accuracy-line" }, name,
        element("strong", {}, percent(share.rate, 1)),
        element("span", {}, `${share.right.toLocaleString("en")} of ${share.total.toLocaleString("en")} right`),
        interval(share, inWords(share)),
        element("span", { class: "muted" }, range(share, 1)));
    });
    const number = shown.length === all ? count(all, "question") : `${shown.length.toLocaleString("en")} of ${count(all, "question")}`;
    box.replaceChildren(element("p", { class: "shown-count", id: "shown-count" }, number), ...lines);
  }

  function groupTable(title, column, shown, runs, choose) {
    const found = groups(shown, column);
    if (!found.length) return null;
    const two = runs.length > 1;
    const rows = found.slice(0, GROUPS_SHOWN).map(([value, questions]) => {
      const share = accuracy(questions);
      const cells = [
        element("th", { scope: "row" }, element("button", { type: "button", class: "link", on: { click: () => choose(value) } }, quoted(shorten(value, 80)))),
        element("td", {}, String(share.total)),
        element("td", {}, percent(share.rate)),
      ];
      if (two) cells.push(element("td", {}, percent(accuracy(questions, "other_correct").rate)));
      cells.push(
        element("td", { class: "interval-cell" }, interval(share, inWords(share))),
        element("td", { class: "muted" }, range(share)));
      return element("tr", {}, ...cells);
    });
    return element("section", {},
      element("h3", {}, title),
      element("table", { class: "groups" },
        element("thead", {}, element("tr", {},
          element("th", { scope: "col" }, element("span", { class: "unseen" }, title)),
          element("th", { scope: "col" }, "n"),
          two ? quoted(shorten(runs[0].name, 24), "th", { scope: "col" }) : element("th", { scope: "col" }, "right"),
          two ? quoted(shorten(runs[1].name, 24), "th", { scope: "col" }) : null,
          element("th", { scope: "col", colspan: 2 }, two ? "95% interval of the first" : "95% interval"))),
        element("tbody", {}, ...rows)),
      found.length > GROUPS_SHOWN ? element("p", { class: "muted" }, `and ${found.length - GROUPS_SHOWN} more`) : null);
  }

  function provenance(run) {
    const written = (value) => (value === null ? "–" : Array.isArray(value) ? value.join(", ") || "–" : String(value));
    const facts = Object.entries(run.provenance || {});
    return element("section", { class: "run" },
      quoted(run.name, "h3"),
      element("p", {}, [run.status, run.started, `${run.answered} of ${count(run.questions, "question")} answered`,
        `${run.right} of ${run.scored} right`].filter(Boolean).join(" · ")),
      element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [
        element("dt", {}, name.replaceAll("_", " ")), quoted(written(value), "dd")])));
  }

  function compared(questions, runs) {
    if (runs.length < 2) return null;
    const changes = questions.map(changeOf).filter((change) => change !== null);
    const became = (...kinds) => changes.filter((change) => kinds.includes(change)).length;
    return element("p", {}, "From ", quoted(runs[0].name), " to ", quoted(runs[1].name),
      `: ${became("nowright")} now right, ${became("nowwrong")} now wrong, ${became("other")} with another answer, ${became("same", "neither")} as before.`);
  }

  function page(index, runs, shown, all, view, change) {
    const filtered = shown.length !== all.length;
    const tables = [["Domain", "domain", "domain"], ["Category", "category", "category"], ["Tool called", "tools", "tool"]]
      .map(([title, column, field]) => groupTable(title, column, shown, runs, (value) => change({ [field]: view[field] === value ? "" : value })));
    const columns = runs.length > 1 ? ["correct", "other_correct"] : ["correct"];
    return [
      element("h2", {}, filtered ? `The ${shown.length.toLocaleString("en")} of ${count(all.length, "question")} shown` : `All ${count(all.length, "question")}`),
      ...columns.map((column, place) => element("p", { class: "headline" },
        runs.length > 1 ? quoted(runs[place].name, "span", { class: "run-name" }) : null, inWords(accuracy(shown, column)))),
      compared(shown, runs),
      ...(index.notes || []).map((note) => quoted(note, "p", { class: "note" })),
      element("div", { class: "group-tables" }, ...tables.filter(Boolean)),
      element("h2", {}, runs.length > 1 ? "The runs" : "The run"),
      ...runs.map(provenance),
    ].filter(Boolean);
  }

  Object.assign(window.audiorouter, { overview: { accuracyLine, page } });
})();
