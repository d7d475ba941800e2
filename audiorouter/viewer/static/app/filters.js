// Search, filters and order above the list.
(() => {
  "use strict";

  const { element, shorten } = window.audiorouter.dom;
  const { kinds, ORDERS, values } = window.audiorouter.questions;
  const ROOMY = "(min-width: 1150px)";

  function choice(name, label, options, change) {
    const select = element("select", { id: `filter-${name}`, on: { change: () => change({ [name]: select.value }) } },
      element("option", { value: "" }, `Any ${label}`),
      ...options.map(([value, count]) => element("option", { value }, `${shorten(value, 60)}${count === null ? "" : ` (${count})`}`)));
    const box = element("label", { class: "field" }, element("span", { class: "unseen" }, label), select);
    return { box, set: (view) => { select.value = view[name]; } };
  }

  function bound(name, label, change) {
    const input = element("input", {
      type: "number", min: 0, max: 100, step: 5, inputmode: "numeric", id: `filter-${name}`,
      placeholder: name === "from" ? "0" : "100", "aria-label": label,
    });
    input.addEventListener("change", () => {
      const share = input.value === "" ? null : Math.min(100, Math.max(0, Number(input.value))) / 100;
      change({ [name]: share });
    });
    return { input, set: (view) => { input.value = view[name] === null ? "" : String(Math.round(100 * view[name])); } };
  }

  // Which two strategies of an evaluation are held against each other.
  function pairChoice(strategies, change) {
    const sides = ["first", "second"].map((side) => {
      const select = element("select", { id: side, on: { change: () => change({ [side]: select.value }) } },
        ...strategies.list.map(({ name, label }) => element("option", { value: name }, shorten(label, 60))));
      return [side, select];
    });
    return {
      parts: [element("div", { class: "pair" }, ...sides.flatMap(([side, select]) => [
        element("label", { for: side }, side === "first" ? "Strategy" : "against"), select]))],
      set: (view) => strategies.names(view).forEach((name, number) => { sides[number][1].value = name; }),
    };
  }

  // `strategies` are those of an evaluation: {list, names(view), usedTools}; null for runs.
  function create(box, questions, twoRuns, change, strategies = null) {
    const pair = strategies ? pairChoice(strategies, change) : { parts: [], set: () => {} };
    const search = element("input", {
      type: "search", id: "search", placeholder: "Search questions, clips, answers", "aria-label": "Search questions, clips and answers",
      autocomplete: "off", spellcheck: "false",
    });
    search.addEventListener("input", () => change({ search: search.value }, { quiet: true }));

    const kindButtons = kinds(twoRuns, { ofStrategies: strategies !== null }).map((kind) => {
      const number = element("span", { class: "number" });
      const button = element("button", { type: "button", class: "kind", "data-kind": kind.name, title: kind.words, on: { click: () => change({ show: kind.name }) } },
        `${kind.label} `, number);
      return { ...kind, button, number };
    });

    const choices = [["tool", "tools"], ["domain", "domain"], ["category", "category"]]
      .map(([name, column]) => [name, strategies && name === "tool" ? strategies.usedTools.map((tool) => [tool, null]) : values(questions, column)])
      .filter(([, found]) => found.length)
      .map(([name, found]) => choice(name, name, found, change));

    const from = bound("from", "Confidence from, in percent", change);
    const to = bound("to", "Confidence to, in percent", change);
    const sort = element("select", { id: "sort", "aria-label": "Order", on: { change: () => change({ sort: sort.value }) } },
      ...Object.entries(ORDERS).map(([name, { label }]) => element("option", { value: name }, label)));
    const arrow = element("span", { "aria-hidden": "true" });
    const direction = element("button", { type: "button", id: "direction", class: "square" }, arrow);
    direction.addEventListener("click", () => change({ down: direction.getAttribute("aria-pressed") !== "true" }));
    direction.setAttribute("aria-label", "Highest or last first");
    direction.title = "Turn the order round";

    const active = element("span", { class: "active" });
    const more = element("details", { class: "more", open: matchMedia(ROOMY).matches },
      element("summary", {}, "Filter and order", active),
      element("div", { class: "fields" },
        ...choices.map((made) => made.box)),
      element("div", { class: "more-fields" },
        element("span", { class: "field range" }, "Sure ", from.input, " to ", to.input, " %"),
        element("span", { class: "field order" }, sort, direction)));
    box.append(
      ...pair.parts,
      element("div", { role: "search" }, search),
      element("div", { class: "kinds", role: "group", "aria-label": "Which questions" }, ...kindButtons.map(({ button }) => button)),
      more);

    return {
      set(view, counts) {
        pair.set(view);
        if (search.value !== view.search) search.value = view.search;
        for (const { name, button, number } of kindButtons) {
          button.setAttribute("aria-pressed", String(view.show === name));
          number.textContent = counts[name].toLocaleString("en");
        }
        [...choices, from, to].forEach((made) => made.set(view));
        const number = ["tool", "domain", "category"].filter((name) => view[name]).length + (view.from !== null || view.to !== null);
        active.textContent = number ? ` · ${number} on` : "";
        sort.value = view.sort;
        direction.setAttribute("aria-pressed", String(view.down));
        arrow.textContent = view.down ? "↓" : "↑";
      },
      focusSearch() {
        search.focus();
        search.select();
      },
    };
  }

  Object.assign(window.audiorouter, { filters: { create } });
})();
