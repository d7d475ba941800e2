// Tables of figures that a click on a title sorts; wide ones scroll by themselves.
(() => {
  "use strict";

  const { element } = window.audiorouter.dom;

  // columns: [{title, words, text}], `text` where words are sorted by a number; rows of cells {shown, key}: an unknown key, null, comes last.
  function create(caption, columns, rows) {
    let sorted = { place: null, down: false };
    const body = element("tbody");
    const kinds = columns.map((_, place) => (columns[place].text || rows.some((cells) => typeof cells[place].key === "string") ? "words" : null));
    const heads = columns.map(({ title, words }, place) => {
      const button = element("button", { type: "button", class: "sort", title: words, on: { click: () => sort(place) } },
        title, element("span", { class: "sort-arrow", "aria-hidden": "true" }));
      return element("th", { scope: "col", class: kinds[place] }, button);
    });

    function order() {
      if (sorted.place === null) return rows;
      const direction = sorted.down ? -1 : 1;
      return [...rows].sort((first, second) => {
        const [a, b] = [first[sorted.place].key, second[sorted.place].key];
        const missing = (a === null) - (b === null);
        if (missing || a === null) return missing;
        return direction * (typeof a === "string" ? a.localeCompare(b) : a - b);
      });
    }

    function draw() {
      body.replaceChildren(...order().map((cells) => element("tr", {},
        ...cells.map(({ shown }, place) => element(place ? "td" : "th", { scope: place ? null : "row", class: kinds[place] }, shown)))));
      heads.forEach((head, place) => {
        const here = place === sorted.place;
        if (here) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
        head.querySelector(".sort-arrow").textContent = here ? (sorted.down ? " ↓" : " ↑") : "";
      });
    }

    // Figures are first sorted from the largest, names from the first.
    function sort(place) {
      const numbers = rows.some((cells) => typeof cells[place].key === "number");
      const down = sorted.place === place ? !sorted.down : numbers;
      sorted = { place, down };
      draw();
    }

    draw();
    return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      element("table", { class: "figures" },
        element("caption", { class: "unseen" }, caption),
        element("thead", {}, element("tr", {}, ...heads)), body));
  }

  Object.assign(window.audiorouter, { sortable: { create } });
})();
