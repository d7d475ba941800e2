// The choices of a question with their probabilities, or its answer where it has none.
(() => {
  "use strict";

  const { element, quoted, longText, percent } = window.audiorouter.dom;

  function bar(probability, kind) {
    if (probability === null || probability === undefined) return element("td", { class: "bar-cell" }, "–");
    return element("td", { class: "bar-cell" },
      element("span", { class: `bar ${kind}` }, element("span", { style: { width: `${100 * probability}%` } })),
      element("span", { class: "bar-number" }, percent(probability)));
  }

  function badges(row, choice) {
    const made = [];
    if ((row.right || []).includes(choice)) made.push(element("span", { class: "badge is-right" }, "✔ right answer"));
    if (row.index === choice) {
      made.push(element("span", { class: "badge is-chosen" }, row.correct === false ? "✘ chosen" : "● chosen"));
    }
    if (row.before && row.before.index === choice && row.before.index !== row.index) {
      made.push(element("span", { class: "badge" }, "○ chosen without findings"));
    }
    return made;
  }

  function table(row) {
    const without = row.before?.probabilities;
    const columns = [];
    if (without) columns.push(["without findings", without, "without"]);
    if (row.probabilities) columns.push([without ? "with findings" : "probability", row.probabilities, "with"]);
    return element("table", { class: "choices" },
      element("thead", { class: columns.length ? "" : "unseen" }, element("tr", {},
        element("th", { scope: "col" }, "Choice"),
        ...columns.map(([title]) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, ...row.choices.map((choice, place) =>
        element("tr", { class: (row.right || []).includes(place) ? "is-right" : "" },
          element("th", { scope: "row" }, longText(choice, { class: "choice-text" }), ...badges(row, place)),
          ...columns.map(([, probabilities, kind]) => bar(probabilities[place], kind))))));
  }

  function open(row) {
    const fact = (name, text) => (text === null || text === undefined || text === "" ? [] :
      [element("dt", {}, name), element("dd", {}, longText(text))]);
    return element("dl", { class: "facts" },
      ...fact("Answer", row.prediction ?? "none"),
      ...fact("Without findings", row.before?.prediction),
      ...fact("Right answer", (row.answers || []).join(" · ")));
  }

  function create(row) {
    const choices = row.choices || [];
    return element("section", {},
      element("h3", {}, choices.length ? "Choices" : "Answer"),
      choices.length ? table(row) : open(row),
      choices.length && row.prediction !== null && row.index === null
        ? element("p", {}, "Said: ", quoted(row.prediction)) : null);
  }

  Object.assign(window.audiorouter, { choices: { create } });
})();
