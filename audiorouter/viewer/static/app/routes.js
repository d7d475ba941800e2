// A question by every route that was asked: which of them are right, and which strategies took them.
(() => {
  "use strict";

  const { element, quoted, shorten, percent, seconds, mark } = window.audiorouter.dom;
  const { create: table } = window.audiorouter.sortable;

  function create(row, index, question) {
    const rows = Object.entries(row.routes).map(([route, made]) => {
      const labels = index.routes[route];
      const name = labels.length ? labels.join(", ") : "no call";
      const takers = index.strategies.filter((_, strategy) => question.taken[strategy] === Number(route)).map(({ label }) => label);
      const right = made.probabilities ? row.right.reduce((sum, choice) => sum + made.probabilities[choice], 0) : null;
      return { right: made.correct, cells: [
        { shown: quoted(shorten(name, 120), "code"), key: name },
        { shown: mark(made.error ? "error" : made.correct ? "right" : "wrong"), key: Number(made.correct) },
        { shown: quoted(shorten(made.prediction ?? "–", 80)), key: made.prediction },
        { shown: percent(right), key: right },
        { shown: seconds(made.seconds), key: made.seconds },
        { shown: quoted(shorten(takers.join(", "), 200)), key: takers.length },
      ] };
    });
    const good = rows.filter(({ right }) => right).length;
    return element("section", { class: "routes" },
      element("h3", {}, "By every route"),
      element("p", {}, `${good} of ${rows.length} routes are right.`),
      table("By every route", [
        { title: "route" }, { title: "right" }, { title: "answer" },
        { title: "P(right)", words: "How likely the reasoner holds the right answer" },
        { title: "tools", words: "Seconds of its tools, reckoned from their usual speed" }, { title: "taken by", text: true },
      ], rows.map(({ cells }) => cells)));
  }

  Object.assign(window.audiorouter, { routes: { create } });
})();
