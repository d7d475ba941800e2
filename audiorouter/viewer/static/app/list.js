// The list of questions. Only the rows in sight are elements, so that 10,000 scroll like ten.
(() => {
  "use strict";

  const { element, quoted, shorten, percent, mark } = window.audiorouter.dom;
  const { verdict, inSecond } = window.audiorouter.questions;
  const ROW_HEIGHT = 54;
  const BEYOND_SIGHT = 6;

  // Where two runs differ, both answers.
  function answers(question, twoRuns) {
    const inWords = ({ left, prediction, error }) => (left ? "not asked" : prediction ?? error ?? "no answer");
    const [first, second] = [inWords(question), twoRuns ? inSecond(question) : null];
    const said = [quoted(shorten(first))];
    if (second && inWords(second) !== first) said.push(" › ", quoted(shorten(inWords(second))));
    return element("span", { class: "option-answer" }, ...said);
  }

  // Where two runs differ, both routes.
  function tools(question, twoRuns) {
    const inWords = (run) => shorten(run.tools.length ? run.tools.join(", ") : "no call", 120);
    const [first, second] = [inWords(question), twoRuns ? inSecond(question) : null];
    return second && inWords(second) !== first ? `${first} › ${inWords(second)}` : first;
  }

  function option(question, twoRuns) {
    const marks = twoRuns
      ? [mark(verdict(question)), element("span", { class: "then" }, element("span", { "aria-hidden": "true" }, "›"), element("span", { class: "unseen" }, ", then ")), mark(verdict(inSecond(question)))]
      : [mark(verdict(question))];
    return element("div", { role: "option", class: "option", id: `question-${question.position}` },
      element("span", { class: "option-marks" }, ...marks),
      quoted(shorten(question.question), "span", { class: "option-question" }),
      element("span", { class: "option-confidence" }, question.confidence === null ? "" : percent(question.confidence)),
      element("span", { class: "option-line" },
        quoted(shorten(question.audio), "span", { class: "option-clip" }),
        answers(question, twoRuns),
        element("span", { class: "option-tools" }, tools(question, twoRuns))));
  }

  function create(box, { twoRuns, open }) {
    const space = element("div", { class: "list-space", role: "presentation" });
    box.append(space);
    let shown = [];
    let places = new Map();
    let selected = null;
    const drawn = new Map();
    let frame = 0;

    function draw() {
      frame = 0;
      const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - BEYOND_SIGHT);
      const last = Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_HEIGHT) + BEYOND_SIGHT);
      const wanted = new Set();
      for (let place = first; place < last; place += 1) wanted.add(place);
      // What aria-activedescendant names has to exist, wherever the list is scrolled to.
      if (places.has(selected)) wanted.add(places.get(selected));
      for (const [place, row] of drawn) {
        if (!wanted.has(place)) {
          row.remove();
          drawn.delete(place);
        }
      }
      for (const place of wanted) {
        if (!drawn.has(place)) {
          const row = option(shown[place], twoRuns);
          row.style.top = `${place * ROW_HEIGHT}px`;
          row.setAttribute("aria-setsize", String(shown.length));
          row.setAttribute("aria-posinset", String(place + 1));
          row.addEventListener("click", () => open(shown[place].position));
          drawn.set(place, row);
          space.append(row);
        }
        drawn.get(place).setAttribute("aria-selected", String(shown[place].position === selected));
      }
      if (places.has(selected)) box.setAttribute("aria-activedescendant", `question-${selected}`);
      else box.removeAttribute("aria-activedescendant");
    }

    const soon = () => { frame ||= requestAnimationFrame(draw); };
    box.addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(soon).observe(box);

    function intoSight(position) {
      if (!places.has(position)) return;
      const top = places.get(position) * ROW_HEIGHT;
      const [above, below] = [box.scrollTop - top, top + ROW_HEIGHT - box.scrollTop - box.clientHeight];
      if (Math.max(above, below) > 2 * ROW_HEIGHT) box.scrollTop = top - (box.clientHeight - ROW_HEIGHT) / 2;
      else if (above > 0) box.scrollTop = top;
      else if (below > 0) box.scrollTop += below;
    }

    return {
      show(questions) {
        shown = questions;
        places = new Map(questions.map((question, place) => [question.position, place]));
        drawn.forEach((row) => row.remove());
        drawn.clear();
        space.style.height = `${questions.length * ROW_HEIGHT}px`;
        draw();
      },
      select(position) {
        selected = position;
        intoSight(position);
        draw();
      },
    };
  }

  Object.assign(window.audiorouter, { list: { create } });
})();
