// Why these tools were called, and what each of them found, in words.
(() => {
  "use strict";

  const { element, quoted, longText, percent, seconds } = window.audiorouter.dom;

  function call(made) {
    const facts = [];
    if (made.confidence !== null && made.confidence !== undefined) facts.push(`${percent(made.confidence)} sure`);
    if (made.seconds !== null && made.seconds !== undefined) facts.push(`took ${seconds(made.seconds)}`);
    return element("li", { class: "call" },
      element("div", { class: "call-head" },
        quoted(made.label, "code"), element("span", { class: "muted" }, facts.join(" · "))),
      made.text ? longText(made.text, { class: "finding" }) : null,
      made.error ? element("div", { class: "problem" }, element("strong", {}, "! Failed: "), longText(made.error)) : null,
      !made.text && !made.error ? element("p", { class: "muted" },
        made.found === false ? "What it found is not known here." : "It found nothing to say.") : null);
  }

  function create(row) {
    const calls = row.calls || [];
    return element("section", {},
      element("h3", {}, "Route and findings"),
      row.reason ? element("p", { class: "reason" }, element("span", { class: "muted" }, "Router: "), quoted(row.reason)) : null,
      calls.length ? element("ol", { class: "calls" }, ...calls.map(call)) : element("p", { class: "muted" }, "No tool was called."));
  }

  Object.assign(window.audiorouter, { findings: { create } });
})();
