// Elements, and how values are written. Text from data only ever becomes text nodes.
(() => {
  "use strict";

  const LONG_TEXT = 700;

  // element("p", {class: "x", on: {click: f}, style: {left: "3%"}}, "text", child, …)
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
      } else if (name === "style") {
        for (const [property, setting] of Object.entries(value)) made.style.setProperty(property, setting);
      } else if (name === "value" || name === "checked") {
        made[name] = value;
      } else {
        made.setAttribute(name, value === true ? "" : String(value));
      }
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  }

  // Text that somebody else wrote: its direction stays its own.
  function quoted(text, tag = "bdi", attributes = {}) {
    return element(tag, { dir: "auto", ...attributes }, String(text ?? ""));
  }

  function longText(text, attributes = {}) {
    const whole = String(text ?? "");
    if (whole.length <= LONG_TEXT) return quoted(whole, "div", attributes);
    const shown = quoted(`${whole.slice(0, LONG_TEXT)}…`, "div", attributes);
    const button = element("button", { type: "button", class: "quiet" },
      `Show all ${whole.length.toLocaleString("en")} characters`);
    button.addEventListener("click", () => {
      shown.textContent = whole;
      button.remove();
    });
    return element("div", {}, shown, button);
  }

  function shorten(text, length = 300) {
    const whole = String(text ?? "");
    return whole.length > length ? `${whole.slice(0, length)}…` : whole;
  }

  const percent = (share, digits = 0) =>
    share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)}%`;

  function seconds(value) {
    if (value === null || value === undefined) return "–";
    if (value >= 60) {
      const whole = Math.round(value);
      return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
    }
    return `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} s`;
  }

  const count = (number, one, many = `${one}s`) =>
    `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  const MARKS = {
    right: ["✔", "right"],
    wrong: ["✘", "wrong"],
    error: ["!", "error"],
    unscored: ["→", "answered, not scored"],
    absent: ["–", "not asked"],
  };

  // What is said with a sign and in words, never by colour alone.
  function mark(verdict) {
    const [sign, words] = MARKS[verdict];
    return element("span", { class: `mark ${verdict}`, title: words },
      element("span", { "aria-hidden": "true" }, sign), element("span", { class: "unseen" }, words));
  }

  window.audiorouter = window.audiorouter || { queue: [] };
  Object.assign(window.audiorouter, {
    dom: { element, quoted, longText, shorten, percent, seconds, count, mark },
  });
})();
