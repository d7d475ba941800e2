// One question: what was asked, heard, found and answered; with two runs, both beside each other.
(() => {
  "use strict";

  const { element, quoted, longText, shorten, percent, seconds, mark } = window.audiorouter.dom;
  const { verdict, change } = window.audiorouter.questions;

  function said(row) {
    const words = { right: "Right", wrong: "Wrong", error: "Error", unscored: "Not scored", absent: "Not asked" }[verdict(row)];
    const answer = row.prediction === null || row.prediction === undefined
      ? "no answer" : quoted(shorten(row.prediction), "strong");
    const sure = row.confidence === null || row.confidence === undefined ? "" : ` (${percent(row.confidence)} sure)`;
    const right = row.correct === true || !(row.answers || []).length ? [] :
      [element("span", { class: "right-answer" }, "right: ", quoted(shorten(row.answers.join(" · ")), "strong"))];
    const before = row.before && row.before.prediction !== null && row.calls?.length ? [
      element("span", { class: "muted" }, "without findings: ", quoted(shorten(row.before.prediction)),
        row.before.correct === null ? "" : row.before.correct ? " ✔" : " ✘")] : [];
    return element("p", { class: `verdict ${verdict(row)}` },
      mark(verdict(row)), element("span", {}, `${words}: `, answer, sure), ...right, ...before);
  }

  function asked(row) {
    if (row.asked === null || row.asked === undefined) return null;
    return element("details", { class: "asked" },
      element("summary", {}, "What the reasoner was asked, word for word"), quoted(row.asked, "pre"));
  }

  function facts(row) {
    const found = [];
    // An evaluation reckons what a route costs, for all routes alike; a run measured what it took.
    const tools = row.routes ? "Tools, reckoned from their usual speed" : "Tools took";
    if (row.tool_seconds !== null) found.push([tools, seconds(row.tool_seconds)]);
    if (row.reason_seconds !== null) found.push(["Reasoner took", seconds(row.reason_seconds)]);
    const known = (value) => value !== null && value !== undefined;
    const tokens = [["in the prompt", row.prompt_tokens], ["in the answer", row.answer_tokens]].filter(([, number]) => known(number));
    if (tokens.length) found.push(["Tokens", tokens.map(([where, number]) => `${number.toLocaleString("en")} ${where}`).join(", ")]);
    if (known(row.cost)) found.push(["Cost, as the server says", row.cost.toLocaleString("en", { maximumSignificantDigits: 3 })]);
    if (row.cached !== undefined) found.push(["From the store", row.cached ? "yes" : "no"]);
    if (row.scored_by) found.push(["Scored by", row.scored_by]);
    return element("dl", { class: "facts row-facts" }, ...found.flatMap(([name, text]) => [element("dt", {}, name), quoted(text, "dd")]));
  }

  function answer(row, run) {
    return element("div", { class: "answer" },
      run ? quoted(run.name, "h3", { class: "run-name" }) : null,
      said(row),
      row.error ? element("div", { class: "problem" }, element("strong", {}, "! "), longText(row.error)) : null,
      row.remark ? longText(row.remark, { class: "note" }) : null,
      window.audiorouter.choices.create(row),
      window.audiorouter.findings.create(row),
      asked(row), facts(row));
  }

  const CHANGES = {
    nowright: "Now right", nowwrong: "Now wrong", other: "Another answer", same: "Same answer", neither: "No answer in either",
  };

  const LOST_OR_WON = {
    nowright: "Lost: only the second is right", nowwrong: "Won: only the first is right",
  };

  // pager: {place, total, previous(), next(), close()}
  function bar(pager) {
    const place = pager.place === null ? "not among those shown" : `${(pager.place + 1).toLocaleString("en")} of ${pager.total.toLocaleString("en")}`;
    return element("div", { class: "row-bar" },
      element("button", { type: "button", class: "back", on: { click: pager.close } }, "‹ List"),
      element("span", { class: "muted" }, place),
      element("span", { class: "spring" }),
      element("button", { type: "button", class: "square", "aria-label": "Previous question", title: "Previous (k)", on: { click: pager.previous } }, "↑"),
      element("button", { type: "button", class: "square", "aria-label": "Next question", title: "Next (j)", on: { click: pager.next } }, "↓"));
  }

  function create(row, runs) {
    const kind = change(row, row.other);
    const changed = (row.routes ? LOST_OR_WON[kind] : null) ?? CHANGES[kind];
    const about = [row.domain, row.category].filter(Boolean);
    const sound = window.audiorouter.sound.create(row, runs);
    const head = element("header", { class: "row-head" },
      element("h2", {}, longText(row.question)),
      element("p", { class: "muted" }, quoted(shorten(row.audio, 200)),
        row.duration ? ` · ${seconds(row.duration)}` : "", ...about.flatMap((text) => [" · ", quoted(shorten(text, 80))]),
        " · id ", quoted(shorten(row.id, 80)), changed ? element("span", { class: "badge" }, changed) : null));
    const notAsked = runs.filter((run, place) => (place ? !row.other : row.left))
      .map((run) => element("p", { class: "note" }, quoted(run.name), " was not asked this question."));
    const answers = row.other
      ? element("div", { class: "two-runs" }, answer(row, runs[0]), answer(row.other, runs[1]))
      : answer(row, null);
    return { parts: [head, sound.box, ...notAsked, answers], sound };
  }

  Object.assign(window.audiorouter, { row: { create, bar } });
})();
