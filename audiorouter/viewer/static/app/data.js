// Where data come from: scripts that push into audiorouter.queue, inlined in the page or added on
// demand. Script tags, since fetch() may not read files beside a page that was opened from disk.
(() => {
  "use strict";

  const CLIPS_KEPT = 6;
  const arrived = new Map();
  const loading = new Map();
  const loadedClips = [];

  function receive([kind, ...rest]) {
    const value = rest[rest.length - 1];
    arrived.set(kind === "index" ? "index" : `${kind} ${rest[0]}`, value);
    return arrived.size;
  }

  function load(name, path) {
    if (arrived.has(name)) return Promise.resolve(arrived.get(name));
    if (loading.has(name)) return loading.get(name);
    const promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const end = () => {
        script.remove();
        loading.delete(name);
        if (arrived.has(name)) resolve(arrived.get(name));
        else reject(new Error(`${path} could not be read. Was the report moved without its folder, or its server stopped?`));
      };
      script.addEventListener("load", end);
      script.addEventListener("error", end);
      script.src = path;
      document.head.append(script);
    });
    loading.set(name, promise);
    return promise;
  }

  const index = () => load("index", "data/index.js");

  async function row(position, partSize) {
    const part = Math.floor(position / partSize);
    const rows = await load(`rows ${part}`, `data/rows-${String(part).padStart(4, "0")}.js`);
    const found = rows[position - part * partSize];
    if (!found) throw new Error(`Row ${position + 1} is not in data/rows-${String(part).padStart(4, "0")}.js.`);
    return found;
  }

  async function clip(hash) {
    const name = `clip ${hash}`;
    if (arrived.has(name)) return arrived.get(name);
    const found = await load(name, `data/clips/${encodeURIComponent(hash)}.js`);
    // Only those that came by script can be asked for again; inlined ones stay.
    if (!loadedClips.includes(name)) loadedClips.push(name);
    if (loadedClips.length > CLIPS_KEPT) arrived.delete(loadedClips.shift());
    return found;
  }

  const queued = Array.isArray(window.audiorouter.queue) ? window.audiorouter.queue : [];
  queued.forEach(receive);
  Object.assign(window.audiorouter, { queue: { push: receive }, data: { index, row, clip } });
})();
