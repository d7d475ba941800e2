// A row's sound with its findings: player and lanes on one axis, or lanes alone and why.
(() => {
  "use strict";

  const { element, quoted, seconds, shorten } = window.audiorouter.dom;
  const ZOOM_STEP = 2;
  // Rows that are stepped over in less time than this are not decoded.
  const PASSING_MS = 80;

  const tooltip = {
    show(target, label, times) {
      const box = document.getElementById("tooltip");
      box.replaceChildren(quoted(shorten(label), "div"), element("div", { class: "muted" }, times));
      box.hidden = false;
      const [place, own] = [target.getBoundingClientRect(), box.getBoundingClientRect()];
      const left = Math.min(Math.max(8, place.left), window.innerWidth - own.width - 8);
      const above = place.top - own.height - 6;
      box.style.left = `${left}px`;
      box.style.top = `${above > 4 ? above : place.bottom + 6}px`;
    },
    hide() {
      document.getElementById("tooltip").hidden = true;
    },
  };

  function lanesOf(row, runs) {
    const calls = (row.calls || []).map((call) => ({ label: call.label, lanes: call.lanes || [] }));
    const known = new Set(calls.map((call) => call.label));
    for (const call of row.other?.calls || []) {
      if (!known.has(call.label)) calls.push({ label: call.label, lanes: call.lanes || [], run: shorten(runs[1]?.name ?? "second run", 24) });
    }
    return calls.filter((call) => call.lanes.some((lane) => (lane.items?.length || 0) + (lane.points?.length || 0)));
  }

  // Top, middle and foot of the spectrogram.
  const frequencies = () => element("div", { class: "frequencies", "aria-hidden": "true" },
    ...window.audiorouter.player.FREQUENCIES.map((text) => element("span", {}, text)));

  const lastEnd = (calls) => calls.flatMap((call) => call.lanes)
    .flatMap((lane) => [...(lane.items || []).map((item) => item[1]), ...(lane.points || [])])
    .reduce((last, time) => Math.max(last, time), 0);

  async function clipOf(row) {
    if (!row.clip) return { missing: "The clip could not be read." };
    try {
      return await window.audiorouter.data.clip(row.clip);
    } catch (error) {
      return { missing: error.message };
    }
  }

  function create(row, runs) {
    const calls = lanesOf(row, runs);
    const wave = element("div", { class: "wave" });
    const playButton = element("button", { type: "button", class: "play", "aria-label": "Play", disabled: true }, "▶");
    const clock = element("span", { class: "clock" }, "loading …");
    const zoomButtons = [["−", "Zoom out", 1 / ZOOM_STEP], ["+", "Zoom in", ZOOM_STEP], ["Fit", "The whole clip", 0]]
      .map(([sign, label, factor]) => element("button", {
        type: "button", class: "square", "aria-label": label, title: label, disabled: true, on: { click: () => zoomBy(factor) },
      }, sign));
    const note = element("p", { class: "note", hidden: true });
    const lanes = calls.length ? window.audiorouter.lanes.create(calls, {
      play: (start, end) => player?.playSpan(start, Math.min(end, player.duration)),
      reveal(start, end) {
        if (!player || zoom === 1) return;
        const [width, left] = [wave.clientWidth, player.scrolled()];
        const pixels = (seconds) => (seconds / player.duration) * width * zoom;
        if (pixels(end) < left || pixels(start) > left + width) player.scrollTo(Math.max(0, pixels(start) - width / 4));
      },
      scrollBy: (pixels) => player?.scrollTo(player.scrolled() + pixels),
      hint: tooltip,
    }) : null;
    const box = element("section", { class: lanes ? "sound" : "sound without-lanes", "aria-label": "Sound" },
      element("div", { class: "controls" }, playButton, clock, element("span", { class: "spring" }), ...zoomButtons),
      note, element("div", { class: "lane wave-lane" },
        window.audiorouter.player.hasSpectrogram() ? frequencies() : element("div", { class: "lane-name" }), wave), lanes?.box ?? null);

    let player = null;
    let zoom = 1;
    let lastWidth = 0;
    let gone = false;
    const duration = () => player?.duration || Math.max(row.duration || 0, lastEnd(calls)) || 1;

    function layout() {
      const width = player ? wave.clientWidth : lanes?.trackWidth() ?? 0;
      // The waveform keeps its pixels a second, the lanes their share of the width.
      if (player && zoom > 1 && width !== lastWidth) zoom = player.zoom(zoom);
      lastWidth = width;
      if (width && lanes) lanes.layout(duration(), width * zoom, player ? player.scrolled() : 0);
    }

    function showTime(now) {
      clock.textContent = `${now.toFixed(2)} / ${seconds(duration())}`;
      // While it plays the waveform scrolls by itself, and says so a frame too late.
      if (player) lanes?.scroll(player.scrolled());
      lanes?.time(now, Boolean(player?.isPlaying()));
    }

    function zoomBy(factor) {
      if (!player) return;
      zoom = player.zoom(factor ? zoom * factor : 1);
      zoomButtons[0].disabled = zoomButtons[2].disabled = zoom === 1;
      layout();
    }

    function playing(is) {
      playButton.textContent = is ? "❚❚" : "▶";
      playButton.setAttribute("aria-label", is ? "Pause" : "Play");
      if (player) lanes?.time(player.time(), is);
    }

    const observer = new ResizeObserver(layout);
    observer.observe(box);
    playButton.addEventListener("click", () => player?.playPause());

    function withoutSound(why) {
      note.replaceChildren("No sound: ", quoted(why));
      note.hidden = false;
      box.classList.add("silent");
      layout();
    }

    async function load() {
      await new Promise((done) => { setTimeout(done, PASSING_MS); });
      const clip = gone ? null : await clipOf(row);
      if (gone) return;
      if (clip.missing !== undefined) {
        withoutSound(clip.missing);
        return;
      }
      let made;
      try {
        made = await window.audiorouter.player.create(wave, clip, {
          time: showTime, playing, scroll: (left) => lanes?.scroll(left),
        });
      } catch (error) {
        if (!gone) withoutSound(`this browser cannot play the clip. ${error.message}`);
        return;
      }
      if (gone) {
        made.destroy();
        return;
      }
      player = made;
      playButton.disabled = zoomButtons[1].disabled = false;
      showTime(0);
      layout();
      box.dataset.ready = "true";
    }

    load();

    return {
      box,
      playPause: () => player?.playPause(),
      zoomBy,
      seekBy: (step) => player?.seek(player.time() + step),
      destroy() {
        gone = true;
        observer.disconnect();
        tooltip.hide();
        player?.destroy();
      },
    };
  }

  Object.assign(window.audiorouter, { sound: { create } });
})();
