// Shares that are right, with Wilson's 95% interval.
(() => {
  "use strict";

  const Z = 1.959963984540054;

  function share(right, total) {
    if (!total) return { right, total, rate: null, low: 0, high: 1 };
    const rate = right / total;
    const centre = rate + (Z * Z) / (2 * total);
    const spread = Z * Math.sqrt((rate * (1 - rate)) / total + (Z * Z) / (4 * total * total));
    const scale = 1 + (Z * Z) / total;
    return {
      right, total, rate,
      low: right ? (centre - spread) / scale : 0,
      high: right < total ? (centre + spread) / scale : 1,
    };
  }

  // Questions whose right answer is not known are left out of the share.
  function accuracy(questions, column = "correct") {
    const scored = questions.filter((question) => typeof question[column] === "boolean");
    return share(scored.filter((question) => question[column]).length, scored.length);
  }

  // [value, questions] by how many there are; a question with two tools is in both their groups.
  function groups(questions, column) {
    const found = new Map();
    for (const question of questions) {
      for (const value of new Set([question[column]].flat())) {
        if (value === null || value === undefined) continue;
        if (!found.has(value)) found.set(value, []);
        found.get(value).push(question);
      }
    }
    return [...found].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  }

  Object.assign(window.audiorouter, { statistics: { share, accuracy, groups } });
})();
