// A single row in the frame of a notebook, drawn by the parts of the viewer's page.
(() => {
  "use strict";

  const { data, dom, row } = window.audiorouter;
  let sound = null;

  async function draw() {
    const place = document.getElementById("row");
    sound?.destroy();
    try {
      const index = await data.index();
      const made = row.create(await data.row(0, index.part_size), index.runs);
      sound = made.sound;
      place.replaceChildren(...made.parts);
    } catch (error) {
      place.replaceChildren(dom.element("p", { class: "problem" }, error.message));
      throw error;
    }
  }

  document.addEventListener("DOMContentLoaded", async () => {
    await draw();
    // Canvases are painted in the colours of their time.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    document.body.dataset.ready = "true";
  });
})();
