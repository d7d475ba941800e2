// The questions of the index: which of them are shown, and in which order.
(() => {
  "use strict";

  function fromIndex(index) {
    return index.rows.map((values, position) => {
      const question = { position };
      index.columns.forEach((column, place) => { question[column] = values[place]; });
      question.tools = question.tools || [];
      return question;
    });
  }

  // How it came out, of a question of the list or of a row; `left`: its run ended before it.
  function verdict(answered) {
    if (!answered || answered.left) return "absent";
    if (answered.correct === true) return "right";
    if (answered.error) return "error";
    if (answered.correct === false) return "wrong";
    return "unscored";
  }

  // What the second run made of it. One that it was not asked has no tools there, not even none.
  function inSecond(question) {
    return Array.isArray(question.other_tools) ? {
      prediction: question.other_prediction, correct: question.other_correct,
      tools: question.other_tools, error: question.other_error,
    } : null;
  }

  // The tools that were called, by either of two.
  const called = (question) => [...new Set([...question.tools, ...(question.other_tools || [])])];

  // From the first run to the second; null where one of them was not asked. What is not scored on
  // both sides is neither now right nor now wrong, as for `audiorouter compare`.
  function change(first, second) {
    if (!second || first.left) return null;
    const scored = [first, second].every(({ correct }) => typeof correct === "boolean");
    if (scored && first.correct !== second.correct) return second.correct ? "nowright" : "nowwrong";
    const [before, after] = [first.prediction ?? null, second.prediction ?? null];
    if (before === null && after === null) return "neither";
    return before === after ? "same" : "other";
  }

  const changeOf = (question) => change(question, inSecond(question));

  const sameTools = (first, second) => [...first].sort().join("\n") === [...second].sort().join("\n");

  // What `show` may be, and which questions each of them means.
  const KINDS = [
    { name: "all", label: "All", fits: () => true },
    { name: "right", label: "Right", fits: (question) => question.correct === true },
    { name: "wrong", label: "Wrong", fits: (question) => question.correct === false },
    { name: "errors", label: "Errors", fits: (question) =>
      Boolean((question.error && !question.left) || question.other_error) },
    { name: "nocall", label: "No call", fits: (question) => called(question).length === 0 },
  ];
  const KINDS_OF_TWO = [
    { name: "changed", label: "Changed", fits: (question) =>
      ["nowright", "nowwrong", "other"].includes(changeOf(question)) },
    { name: "nowright", label: "Now right", fits: (question) => changeOf(question) === "nowright" },
    { name: "nowwrong", label: "Now wrong", fits: (question) => changeOf(question) === "nowwrong" },
    { name: "othertools", label: "Other tools", fits: (question) =>
      changeOf(question) !== null && !sameTools(question.tools, question.other_tools) },
  ];

  // Two strategies are no two versions of one: neither comes later.
  const OF_STRATEGIES = {
    changed: { label: "Differ", words: "Where the two strategies answer differently" },
    nowright: { label: "Lost", words: "Where the first is wrong and the second right" },
    nowwrong: { label: "Won", words: "Where the first is right and the second wrong" },
  };

  function kinds(twoRuns, { ofStrategies = false } = {}) {
    const found = twoRuns ? [...KINDS, ...KINDS_OF_TWO] : KINDS;
    return ofStrategies ? found.map((kind) => ({ ...kind, ...OF_STRATEGIES[kind.name] })) : found;
  }

  function searched(question) {
    question.searched ??= [question.question, question.audio, question.prediction, question.other_prediction, question.right, question.id]
      .map((text) => text ?? "").join("\n").toLowerCase();
    return question.searched;
  }

  // A test for everything but the kind, so that the kinds can be counted beside each other.
  function filter(view) {
    const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
    const tests = [];
    if (words.length) tests.push((question) => words.every((word) => searched(question).includes(word)));
    if (view.tool) tests.push((question) => called(question).includes(view.tool));
    for (const column of ["domain", "category"]) {
      if (view[column]) tests.push((question) => question[column] === view[column]);
    }
    if (view.from !== null) tests.push((question) => question.confidence !== null && question.confidence >= view.from);
    if (view.to !== null) tests.push((question) => question.confidence !== null && question.confidence <= view.to);
    return (question) => tests.every((test) => test(question));
  }

  const ORDERS = {
    file: { label: "File order", key: (question) => question.position },
    confidence: { label: "Confidence", key: (question) => question.confidence },
    seconds: { label: "Seconds", key: (question) => question.seconds },
    clip: { label: "Clip", key: (question) => question.audio },
  };

  function compare(first, second) {
    if (typeof first === "string") return first < second ? -1 : first > second ? 1 : 0;
    return first - second;
  }

  // Those without a value come last in either direction.
  function sorted(questions, view) {
    const { key } = ORDERS[view.sort];
    const direction = view.down ? -1 : 1;
    return [...questions].sort((a, b) => {
      const [first, second] = [key(a), key(b)];
      const missing = (first === null) - (second === null);
      if (missing) return missing;
      return (first === null ? 0 : direction * compare(first, second)) || a.position - b.position;
    });
  }

  function select(questions, view, twoRuns) {
    const fitting = questions.filter(filter(view));
    const counts = {};
    for (const kind of kinds(twoRuns)) counts[kind.name] = fitting.filter(kind.fits).length;
    const kind = kinds(twoRuns).find(({ name }) => name === view.show) || KINDS[0];
    return { shown: sorted(fitting.filter(kind.fits), view), counts };
  }

  function values(questions, column) {
    const counts = new Map();
    for (const question of questions) {
      for (const value of column === "tools" ? called(question) : [question[column]]) {
        if (value !== null && value !== undefined) counts.set(value, (counts.get(value) || 0) + 1);
      }
    }
    return [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  }

  Object.assign(window.audiorouter, {
    questions: { fromIndex, verdict, inSecond, change, changeOf, kinds, ORDERS, select, values },
  });
})();
