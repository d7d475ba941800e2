// What is looked at, kept in the part of the address behind "#", so that a link shows the same.
(() => {
  "use strict";

  const { kinds, ORDERS } = window.audiorouter.questions;

  const NOTHING = {
    row: null, overview: false, show: "all", search: "", tool: "", domain: "", category: "",
    from: null, to: null, sort: "file", down: false, first: "", second: "",
  };

  function bound(text) {
    const number = text === null || text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(number) ? Math.min(1, Math.max(0, number)) : null;
  }

  // `row` is a question's id; where ids repeat, "id" and its place count: see `position`.
  function read(hash) {
    const fields = new URLSearchParams(hash.replace(/^#/, ""));
    const text = (name) => fields.get(name) ?? NOTHING[name];
    return {
      row: fields.get("row"),
      at: /^\d+$/.test(fields.get("at") ?? "") ? Number(fields.get("at")) : null,
      overview: fields.has("overview"),
      show: kinds(true).some(({ name }) => name === text("show")) ? text("show") : NOTHING.show,
      search: text("search"),
      tool: text("tool"), domain: text("domain"), category: text("category"),
      from: bound(fields.get("from")), to: bound(fields.get("to")),
      sort: Object.hasOwn(ORDERS, text("sort")) ? text("sort") : NOTHING.sort,
      down: fields.has("down"),
      // The strategies of an evaluation that are held against each other.
      first: text("first"), second: text("second"),
    };
  }

  function write(view) {
    const fields = new URLSearchParams();
    if (view.at !== null && view.at !== undefined) fields.set("at", String(view.at));
    for (const [name, nothing] of Object.entries(NOTHING)) {
      if (view[name] !== nothing) fields.set(name, view[name] === true ? "1" : String(view[name]));
    }
    return `#${fields}`;
  }

  // Ids are names by which files tell their rows apart; nothing stops a file from repeating one.
  function position(view, questions) {
    if (view.row === null) return null;
    if (view.at !== null && questions[view.at]?.id === view.row) return view.at;
    const found = questions.findIndex((question) => question.id === view.row);
    return found < 0 ? null : found;
  }

  function rowAt(place, questions) {
    const { id } = questions[place];
    const first = questions.findIndex((question) => question.id === id);
    return { row: id, at: first === place ? null : place };
  }

  Object.assign(window.audiorouter, { address: { NOTHING, read, write, position, rowAt } });
})();
