// The sound of a clip: waveform, spectrogram, playing; wavesurfer.js behind a few plain functions.
(() => {
  "use strict";

  // Decoded at twice the highest frequency drawn.
  const SAMPLE_RATE = 32000;
  // Canvases have an end, and so has patience.
  const WIDEST = 60000;

  // The row of a notebook does without.
  const hasSpectrogram = () => Boolean(window.WaveSurfer.Spectrogram);

  // Top, middle and foot of a mel scale up to half the rate.
  const FREQUENCIES = ["16 kHz", "2.7 kHz", "0"];

  function colourMap(stops) {
    return Array.from({ length: 256 }, (_, level) => {
      const place = (level / 255) * (stops.length - 1);
      const [first, second] = [stops[Math.floor(place)], stops[Math.ceil(place)]];
      const part = place - Math.floor(place);
      return [...first.map((value, channel) => (value + (second[channel] - value) * part) / 255), 1];
    });
  }

  const LIGHT = [[247, 248, 250], [205, 222, 240], [96, 152, 208], [28, 80, 146], [8, 28, 62]];
  const DARK = [[22, 26, 32], [25, 52, 84], [38, 104, 168], [120, 186, 240], [240, 248, 255]];

  function blobOf(clip) {
    const text = atob(clip.base64);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
    return new Blob([bytes], { type: clip.type });
  }

  // on: {time(seconds), playing(bool), scroll(pixels), ready(duration)}
  async function create(box, clip, on) {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const surfer = window.WaveSurfer.create({
      container: box,
      height: 72,
      sampleRate: SAMPLE_RATE,
      waveColor: colour("--wave"),
      progressColor: colour("--wave-played"),
      cursorColor: colour("--cursor"),
      cursorWidth: 2,
      normalize: true,
      cspNonce: "wavesurfer",
      plugins: !hasSpectrogram() ? [] : [window.WaveSurfer.Spectrogram.create({
        height: 112, fftSamples: 512, labels: false, scale: "mel", autoGain: true, rangeDB: 70,
        frequencyMax: SAMPLE_RATE / 2, useWebWorker: true, colorMap: colourMap(dark ? DARK : LIGHT),
      })],
    });
    let zoom = 1;
    surfer.on("timeupdate", on.time);
    surfer.on("play", () => on.playing(true));
    surfer.on("pause", () => on.playing(false));
    surfer.on("finish", () => on.playing(false));
    surfer.on("scroll", (start, end, left) => on.scroll(left));
    // What the element that plays cannot read never ends loading; it only says so by an event.
    const failed = new Promise((_, reject) => { surfer.once("error", reject); });
    try {
      await Promise.race([surfer.loadBlob(blobOf(clip)), failed]);
    } catch (error) {
      surfer.destroy();
      throw error;
    }

    return {
      duration: surfer.getDuration(),
      time: () => surfer.getCurrentTime(),
      isPlaying: () => surfer.isPlaying(),
      playPause: () => surfer.playPause(),
      playSpan: (start, end) => surfer.play(start, end),
      seek(time) {
        surfer.setTime(Math.min(surfer.getDuration(), Math.max(0, time)));
      },
      // How many times wider than the box; the answer is what it came to.
      zoom(wanted) {
        const width = box.clientWidth;
        zoom = Math.min(Math.max(1, wanted), Math.max(1, WIDEST / width));
        surfer.zoom(zoom === 1 ? 0 : (zoom * width) / surfer.getDuration());
        return zoom;
      },
      scrollTo: (pixels) => surfer.setScroll(pixels),
      scrolled: () => surfer.getScroll(),
      destroy: () => surfer.destroy(),
    };
  }

  Object.assign(window.audiorouter, { player: { create, hasSpectrogram, FREQUENCIES } });
})();
