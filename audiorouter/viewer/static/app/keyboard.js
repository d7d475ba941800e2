// Keys, and the page of help that names them.
(() => {
  "use strict";

  const { element } = window.audiorouter.dom;
  const HELP = [
    [["j", "↓"], "next question"], [["k", "↑"], "previous question"],
    [["n"], "next wrong one"], [["N"], "previous wrong one"],
    [["Space"], "play, pause"], [["←", "→"], "one second back, on; in a lane: the item before, after"],
    [["Enter"], "in a lane: play the item"],
    [["+", "−", "0"], "zoom in, out, whole clip"],
    [["/"], "search"], [["o"], "overview"], [["Esc"], "leave the search, back to the list"], [["?"], "this help"],
  ];

  function helpDialog() {
    const dialog = element("dialog", { class: "help", "aria-labelledby": "help-title" },
      element("h2", { id: "help-title" }, "Keys"),
      element("dl", {}, ...HELP.flatMap(([keys, words]) => [
        element("dt", {}, ...keys.flatMap((key) => [element("kbd", {}, key), " "])), element("dd", {}, words)])),
      element("form", { method: "dialog" }, element("button", { class: "primary" }, "Close")));
    document.body.append(dialog);
    return dialog;
  }

  const isTyping = (target) => target.matches("input, select, textarea");
  // In a lane Space is still play and pause: a click there leaves the focus on an item.
  const usesSpace = (target) => target.matches("button:not(.lane-item), summary, a, input, select, textarea");

  // actions: {step(±1), wrong(±1), edge(0 or -1), playPause(), seekBy(s), zoomBy(factor), search(), overview(), close()}
  function create(actions) {
    const dialog = helpDialog();
    const help = () => { if (!dialog.open) dialog.showModal(); };
    const keys = {
      j: () => actions.step(1), k: () => actions.step(-1), ArrowDown: () => actions.step(1), ArrowUp: () => actions.step(-1),
      n: () => actions.wrong(1), N: () => actions.wrong(-1),
      ArrowLeft: () => actions.seekBy(-1), ArrowRight: () => actions.seekBy(1),
      "+": () => actions.zoomBy(2), "-": () => actions.zoomBy(0.5), 0: () => actions.zoomBy(0),
      "/": actions.search, o: actions.overview, "?": help,
    };
    document.addEventListener("keydown", (event) => {
      if (dialog.open || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const { target, key } = event;
      if (key === "Escape") {
        if (isTyping(target)) target.blur();
        else actions.close();
        return;
      }
      if (isTyping(target)) return;
      if (key === " ") {
        if (usesSpace(target)) return;
        event.preventDefault();
        actions.playPause();
        return;
      }
      // Arrows scroll what is read; they step only from the list, or from the page itself.
      if (key.startsWith("Arrow") && !target.matches("body, .list") && (key === "ArrowDown" || key === "ArrowUp")) return;
      if (target.matches(".list") && (key === "Home" || key === "End")) {
        event.preventDefault();
        actions.edge(key === "Home" ? 0 : -1);
        return;
      }
      if (Object.hasOwn(keys, key)) {
        event.preventDefault();
        keys[key]();
      }
    });
    // Firefox presses a button when Space comes up.
    document.addEventListener("keyup", (event) => {
      if (event.key === " " && event.target.matches(".lane-item")) event.preventDefault();
    });
    return { help };
  }

  Object.assign(window.audiorouter, { keyboard: { create } });
})();
