// The page of an evaluation: its figures as plots, each with its numbers.
(() => {
  "use strict";

  const { element, quoted, shorten, percent, seconds, count } = window.audiorouter.dom;
  const { bounds } = window.audiorouter.svg;
  const { create: tracks } = window.audiorouter.tracks;
  const { create: table } = window.audiorouter.sortable;
  const { share } = window.audiorouter.statistics;

  const interval = (values) => ({ mean: values?.[0] ?? null, low: values?.[1] ?? null, high: values?.[2] ?? null });
  const points = (value) => (value === null ? "–" : `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`);
  const plain = (value) => (value === null || value === undefined ? "–" : value.toFixed(value >= 10 ? 1 : 3));
  const range = ({ low, high }, written) => (low === null || high === null ? "–" : `${written(low)} … ${written(high)}`);
  const said = (label, values, written) => `${shorten(label, 80)}: ${written(values.mean)}, 95% interval ${range(values, written)}`;
  const cell = (shown, key) => ({ shown, key: key ?? null });
  const nameCell = (label) => cell(quoted(shorten(label, 120)), label);
  const intervalCells = (values, written) => [cell(written(values.mean), values.mean), cell(range(values, written), values.low)];
  const INTERVAL = { title: "95% interval", words: "Sorted by its lower bound" };
  const shown = (label) => quoted(shorten(label, 300));

  const section = (title, intro, ...parts) => element("section", { class: "figure", "data-title": title },
    element("h3", {}, title), intro ? element("p", { class: "muted" }, intro) : null, ...parts.flat());
  const numbers = (made) => element("details", { class: "numbers" }, element("summary", {}, "The numbers"), made);

  function costs(index, names, { figures, strategies }) {
    const all = strategies.map(({ name, label, kind }, place) => {
      const found = figures.strategies[name];
      return { number: place + 1, name, label, kind, cost: found.tool_seconds, ...interval(found.accuracy), found };
    });
    const rows = all.map((one) => [
      cell(String(one.number), one.number), nameCell(one.label), ...intervalCells(one, (value) => percent(value, 1)),
      cell(one.found.calls.toFixed(2), one.found.calls), cell(seconds(one.cost), one.cost),
      cell(percent(one.found.share_of_all_seconds), one.found.share_of_all_seconds),
      cell(String(one.found.unanswered), one.found.unanswered),
    ]);
    const curve = figures.cost_quality;
    return section("Accuracy against cost", `Each strategy with its 95% interval. ${figures.legend.join("; ")}.`,
      window.audiorouter.scatter.create(all, curve?.hull ?? []),
      curve ? element("p", {}, `Below the curve lie ${percent(curve.area[0], 1)} (95% interval ${range(interval(curve.area), (value) => percent(value, 1))}): mean accuracy over costs up to ${seconds(curve.seconds[1])}, by whichever mixture of none and the routers is best in hindsight.`) : null,
      table("Strategies: accuracy and cost", [
        { title: "#" }, { title: "strategy" }, { title: "accuracy" }, INTERVAL, { title: "calls" }, { title: "tools", words: "Seconds of its tools a question, reckoned from their usual speed" },
        { title: "of all", words: "Share of the seconds of calling everything" }, { title: "unanswered" }], rows));
  }

  function effects({ figures, strategies }) {
    const found = strategies.map(({ name, label }) => {
      const { help, harm, waste, abstention, regret, headroom_closed: closed } = figures.strategies[name];
      return { label, help: interval(help), harm: interval(harm), waste: interval(waste), none: interval(abstention), regret: interval(regret), closed: interval(closed) };
    });
    const calling = found.filter(({ none }) => none.mean !== 1);
    const turned = ({ mean, low, high }) => ({ mean: -mean, low: high === null ? null : -high, high: low === null ? null : -low });
    const both = calling.flatMap(({ help, harm }) => [help.mean, help.high, -harm.mean, -(harm.high ?? 0)]);
    const rows = found.map((one) => [
      nameCell(one.label), ...["help", "harm", "waste"].flatMap((name) => intervalCells(one[name], (value) => percent(value, 1))),
      cell(percent(one.none.mean), one.none.mean), ...intervalCells(one.regret, plain),
      ...intervalCells(one.closed, (value) => percent(value)),
    ]);
    return section("What calls do to answers",
      "To the left (hatched) answers that were right without tools and are wrong by the strategy's route: harm. To the right wrong ones that are mended: help. Shares of all questions.",
      !calling.length ? element("p", { class: "muted" }, "No strategy calls anything.") : tracks({
        bounds: bounds([...both, 0]), format: (value) => percent(Math.abs(value)), axis: "‹ harm · help › (share of the questions)", bar: true,
        rows: calling.map(({ label, help, harm }) => ({
          name: shown(label), value: `−${percent(harm.mean)} +${percent(help.mean)}`,
          said: `${said(`${label}, harm`, harm, (value) => percent(value, 1))}; ${said("help", help, (value) => percent(value, 1))}`,
          series: [{ ...turned(harm), kind: "harm" }, { ...help, kind: "help" }],
        })),
      }),
      numbers(table("What calls do to answers", [
        { title: "strategy" }, { title: "help" }, INTERVAL, { title: "harm" }, INTERVAL,
        { title: "waste", words: "Share of its calls that left the answer as right or wrong as it was" }, INTERVAL,
        { title: "no call" }, { title: "regret", words: "Mean reward of the cross-fitted oracle's route less that of its own" }, INTERVAL,
        { title: "headroom closed", words: "Its gain over none as a share of the cross-fitted oracle's" }, INTERVAL], rows)));
  }

  function differences({ figures, strategies }, change) {
    const labels = new Map(strategies.map(({ name, label }) => [name, label]));
    const routers = [...new Set(figures.comparisons.map(({ first }) => first))];
    if (!routers.length) return null;
    const limits = bounds([0, ...figures.comparisons.flatMap(({ difference }) => difference.map((value) => value ?? NaN))]);
    const p = (value) => (value < 0.0001 ? "<0.0001" : String(Number(value.toPrecision(2))));
    const parts = routers.flatMap((router) => {
      const mine = figures.comparisons.filter(({ first }) => first === router);
      return [
        element("h4", {}, shown(labels.get(router)), " less"),
        tracks({
          bounds: limits, format: points, axis: "points of accuracy; right of 0 the router is better",
          rows: mine.map(({ second, difference }) => ({
            name: element("button", { type: "button", class: "link", title: "See the questions in which they differ",
              on: { click: () => change({ first: router, second, show: "changed", row: null, at: null, overview: false }) } }, shown(labels.get(second))),
            said: said(`less ${labels.get(second)}`, interval(difference), points), value: points(difference[0]), series: [interval(difference)],
          })),
        })];
    });
    const rows = figures.comparisons.map(({ first, second, difference, p_value: value }) => [
      nameCell(labels.get(first)), nameCell(labels.get(second)), ...intervalCells(interval(difference), points), cell(p(value), value)]);
    return section("Routers against the others", "Paired on the same questions; a click on a name lists the questions in which the two differ.",
      parts, numbers(table("Routers against the others", [
        { title: "router" }, { title: "less" }, { title: "points" }, INTERVAL, { title: "p" }], rows)));
  }

  function calibration({ figures, strategies }, names) {
    const box = element("div");
    const draw = (name) => box.replaceChildren(
      window.audiorouter.reliability.create(figures.strategies[name].reliability, "right", "How sure the reasoner is, and how often it is right"),
      element("p", {}, `Mean distance (ECE): ${plain(figures.strategies[name].calibration_error)}`));
    const select = element("select", { id: "calibration-of", on: { change: () => draw(select.value) } },
      ...strategies.map(({ name, label }) => element("option", { value: name }, shorten(label, 60))));
    [select.value] = names;
    draw(names[0]);
    const helped = strategies.filter(({ name }) => figures.strategies[name].help_estimates?.reliability?.length);
    return section("Calibration", "On the dashed line probabilities are what they say. Bars below count questions.",
      element("h4", {}, element("label", { for: "calibration-of" }, "How sure the reasoner is by the routes of "), select), box,
      helped.flatMap(({ name, label }) => {
        const { reliability, calibration_error: error, auroc, questions } = figures.strategies[name].help_estimates;
        return [element("h4", {}, "P(help) of ", shown(label)),
          window.audiorouter.reliability.create(reliability, "mended", `How likely a call helps to ${shorten(label, 60)}, and how often it did`),
          element("p", {}, `${count(questions, "question")}; mean distance (ECE): ${plain(error)}; AUROC: ${plain(auroc)}`)];
      }));
  }

  function contributions({ figures }, change) {
    const found = Object.entries(figures.contribution_intervals).map(([tool, values]) => ({ tool, ...interval(values) }))
      .sort((a, b) => b.mean - a.mean);
    return section("What each tool is worth", "Points of accuracy that a tool brings to the best choice in hindsight among none and single calls (Shapley values); they add up to the oracle's gain.",
      tracks({
        bounds: bounds([0, ...found.flatMap(({ mean, high }) => [mean, high ?? NaN])], { least: 0 }), format: points, axis: "points of accuracy", bar: true,
        rows: found.map((one) => ({ name: shown(one.tool), said: said(one.tool, one, points), value: points(one.mean), series: [one] })),
      }),
      numbers(table("What each tool is worth", [{ title: "tool" }, { title: "points" }, INTERVAL],
        found.map((one) => [nameCell(one.tool), ...intervalCells(one, points)]))));
  }

  function strata({ answered, figures, strategies, category }, names, all, change) {
    const labels = new Map(strategies.map(({ name, label }) => [name, label]));
    const correct = answered.indexOf("correct");
    const some = [...new Set([...names, "none", "cross-fitted oracle"])].filter((name) => labels.has(name)).slice(0, 4);
    return [["domain", "domain", figures.by_domain], [category, "category", figures.by_category]].map(([title, field, groups]) => {
      const found = Object.entries(groups);
      if (!found.length) return null;
      const sizes = found.map(([, scores]) => Object.values(scores)[0][1]);
      const places = some.map((name) => strategies.findIndex((one) => one.name === name));
      const known = (group, strategy) => share(all.filter((question) => question[field] === group).map((question) =>
        ({ clip: question.audio, right: question.made[question.taken[strategy]][correct] })));
      return section(`By ${title}`, "Shares that are right, with their 95% interval over clips; a click on a name lists its questions.",
        tracks({
          bounds: [0, 1], format: (value) => percent(value), axis: "accuracy", names: some.map((name) => shown(labels.get(name))),
          rows: found.map(([group, scores], place) => ({
            name: element("button", { type: "button", class: "link", on: { click: () => change({ [field]: group, overview: false }) } }, shown(group)),
            value: `n ${sizes[place]}`,
            said: some.map((name) => `${shorten(labels.get(name), 40)} ${percent(scores[name][0])}`).join(", "),
            series: places.map((strategy) => { const { rate, low, high } = known(group, strategy); return { mean: rate, low, high }; }),
          })),
        }),
        numbers(table(`By ${title}`, [{ title }, { title: "n" }, ...strategies.map(({ label }) => ({ title: quoted(shorten(label, 40)) }))],
          found.map(([group, scores], place) => [nameCell(group), cell(String(sizes[place]), sizes[place]),
            ...strategies.map(({ name }) => cell(percent(scores[name][0]), scores[name][0]))]))));
    });
  }

  function leftOut({ figures }) {
    const found = Object.entries(figures.left_out);
    if (!found.length) return null;
    return section("Left out", `${count(found.length, "question")} could not be asked, or not answered by any route.`,
      table("Left out", [{ title: "question" }, { title: "why" }], found.map(([id, why]) => [nameCell(id), cell(quoted(shorten(why, 400)), why)])));
  }

  // `all` are its questions.
  function page(index, names, all, change) {
    const { figures, strategies } = index;
    const routers = strategies.filter(({ kind }) => kind === "router");
    const figuresOf = [
      costs(index, names, index), differences(index, change), effects(index), calibration(index, names), contributions(index),
      ...strata(index, names, all, change), leftOut(index)].filter(Boolean);
    const contents = element("nav", { class: "contents", "aria-label": "Figures" }, ...figuresOf.map((made) =>
      element("button", { type: "button", class: "link", on: { click: () => made.scrollIntoView() } }, made.dataset.title)));
    return [
      element("h2", {}, "Routers side by side"),
      ...routers.map(({ name, label }) => element("p", { class: "headline" }, element("strong", {}, shown(label)), ` is right for ${percent(figures.strategies[name].accuracy[0], 1)} with ${figures.strategies[name].calls.toFixed(2)} calls a question; none ${percent(figures.strategies.none.accuracy[0], 1)}, all ${percent(figures.strategies.all.accuracy[0], 1)}`)),
      element("p", { class: "muted" }, `${count(figures.questions, "question")} about ${count(figures.clips, "clip")}; ${percent(figures.share_without_signal, 1)} are answered alike by every route. Intervals: 95%, bootstrap over ${figures.drawn}. These figures are of all questions, whichever the list shows.`),
      ...index.notes.map((note) => quoted(note, "p", { class: "note" })),
      contents, ...figuresOf];
  }

  Object.assign(window.audiorouter, { evaluation: { page } });
})();
