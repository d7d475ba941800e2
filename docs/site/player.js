// The picture of a clip follows its player: a click plays from there, one on a bar that span.
document.addEventListener("click", (event) => {
  const picture = event.target.closest("svg.heard");
  if (!picture) return;
  const audio = picture.closest(".clip").querySelector("audio");
  const box = picture.getBoundingClientRect();
  const at = ((event.clientX - box.left) / box.width) * Number(picture.dataset.duration);
  const span = event.target.closest("[data-start]");
  const end = Number(span?.dataset.end ?? NaN);
  audio.currentTime = span ? Number(span.dataset.start) : at;
  audio.dataset.until = end > audio.currentTime ? end : "";
  audio.play();
});
document.addEventListener("timeupdate", ({ target: audio }) => {
  const picture = audio.closest(".clip")?.querySelector("svg.heard");
  if (!picture) return;
  if (audio.dataset.until && audio.currentTime >= Number(audio.dataset.until)) {
    audio.pause();
    audio.dataset.until = "";
  }
  const x = (1000 * audio.currentTime) / Number(picture.dataset.duration);
  picture.querySelector(".now").setAttribute("transform", `translate(${x})`);
}, true);
