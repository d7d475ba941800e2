// Search in pages that are opened as files: browsers start no workers there, so the worker's script
// runs in a frame of its own that hands messages to and fro.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const base = new URL(url, document.baseURI);
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.waiting = [];
      document.documentElement.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        this.onmessage?.(event);
      };
      const load = (from) => new Promise((done) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: new URL(from, base), onload: done, onerror: done });
        inside.document.head.append(script);
      });
      inside.importScripts = (...urls) => Promise.all(urls.map(load));
      load(base).then(() => {
        this.inside = inside;
        this.waiting.splice(0).forEach((data) => this.postMessage(data));
      });
    }

    postMessage(data) {
      if (!this.inside) this.waiting.push(data);
      else {
        const event = new this.inside.MessageEvent("message", { data });
        this.inside.dispatchEvent(event);
      }
    }

    terminate() {
      this.frame.remove();
    }
  };
}
