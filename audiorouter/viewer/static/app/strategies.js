// An evaluation as the page knows runs: of all its strategies two, which the address names.
(() => {
  "use strict";

  const toolOf = (label) => label.split("(", 1)[0];

  function create(index, all) {
    const place = new Map(index.strategies.map(({ name }, number) => [name, number]));
    const usual = index.pair;

    // Their numbers; a name that is none of them means the usual one.
    const pair = (view) => ["first", "second"].map((side, number) =>
      place.get(view[side]) ?? place.get(usual[number]));

    function taken(question, strategy) {
      const route = question.taken[strategy];
      const made = question.made[route] ?? [];
      const answered = Object.fromEntries(index.answered.map((name, number) => [name, made[number] ?? null]));
      return { ...answered, tools: [...new Set(index.routes[route].map(toolOf))] };
    }

    const usedTools = [...new Set(index.routes.flat().map(toolOf))].sort();

    return {
      usedTools,
      names: (view) => pair(view).map((number) => index.strategies[number].name),
      runs: (view) => pair(view).map((number) => ({ name: index.strategies[number].label })),

      // Writes into each question what the two made of it.
      apply(view) {
        const [first, second] = pair(view);
        for (const question of all) {
          const [one, other] = [taken(question, first), taken(question, second)];
          Object.assign(question, one, {
            searched: undefined, left: false, other_prediction: other.prediction,
            other_correct: other.correct, other_tools: other.tools, other_error: other.error,
          });
        }
      },

      // A row with what the two made of it, as rows of two runs are.
      row(row, view) {
        const [first, second] = pair(view).map((strategy) => {
          const route = all[row.position].taken[strategy];
          const made = row.routes[route];
          const direct = row.routes[index.routes.findIndex((labels) => !labels.length)];
          const before = direct && made.calls.length
            ? { prediction: direct.prediction, index: direct.index, correct: direct.correct, probabilities: direct.probabilities } : null;
          return {
            ...row, ...made, calls: made.calls.map((label) => row.found[label]), before,
            reason: row.reasons[strategy], tool_seconds: made.seconds, left: false, remark: null, route,
          };
        });
        return { ...first, other: second };
      },
    };
  }

  Object.assign(window.audiorouter, { strategies: { create } });
})();
