// Shares that are right, with their 95% interval: the same figures as audiorouter/scoring has.
(() => {
  "use strict";

  const Z = 1.959963984540054;
  const FEWEST_CLIPS = 6;

  // The 97.5% quantile of Student's t.
  const quantile = (freedom) => Z + (Z ** 3 + Z) / (4 * freedom)
    + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * freedom ** 2)
    + (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / (384 * freedom ** 3);

  function wilson(rate, total) {
    const centre = rate + (Z * Z) / (2 * total);
    const spread = Z * Math.sqrt((rate * (1 - rate)) / total + (Z * Z) / (4 * total * total));
    const scale = 1 + (Z * Z) / total;
    return { low: rate > 0 ? (centre - spread) / scale : 0, high: rate < 1 ? (centre + spread) / scale : 1 };
  }

  const sum = (values) => values.reduce((before, value) => before + value, 0);

  // As many questions by themselves as tell as much as these: those about one clip hang together.
  function effective(counts, right, total) {
    const wrong = total - right;
    if (!right || !wrong) return total ** 2 / sum(counts.map((clip) => clip.total ** 2));
    const spread = sum(counts.map((clip) => (total * clip.right - right * clip.total) ** 2));
    const corrected = (counts.length / (counts.length - 1)) * (total - 1);
    const few = (quantile(counts.length - 1) / quantile(total - 1)) ** 2;
    return total / Math.max(1, (((corrected * spread) / (total * total)) / (right * wrong)) * few);
  }

  // Of {clip, right} each; without bounds where they are about too few clips.
  function share(answers) {
    const clips = new Map();
    for (const { clip, right } of answers) {
      if (!clips.has(clip)) clips.set(clip, { right: 0, total: 0 });
      const counts = clips.get(clip);
      counts.right += right ? 1 : 0;
      counts.total += 1;
    }
    const counts = [...clips.values()];
    const right = sum(counts.map((one) => one.right));
    const total = answers.length;
    const rate = total ? right / total : null;
    const bounds = counts.length < FEWEST_CLIPS ? { low: null, high: null } : wilson(rate, effective(counts, right, total));
    return { right, total, rate, ...bounds };
  }

  // Questions whose right answer is not known are left out of the share.
  function accuracy(questions, column = "correct") {
    return share(questions.filter((question) => typeof question[column] === "boolean")
      .map((question) => ({ clip: question.audio, right: question[column] })));
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
