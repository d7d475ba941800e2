// Options are words like others: to the search a dash before a word says "without it", and two are
// an error. What has all of an option's words is found, so `--cost-weight` is
// `+text:cost* +text:weight*`: not by titles, which have words alone, and outweigh any text.
{
  const QUERY = 2;
  const OPTION = /(^|\s)(?:--(\w[\w-]*)|-(\w)(?!\w))/g;
  const { postMessage } = window.Worker.prototype;
  const asWords = (query) => query.replace(OPTION, (_, before, long, short) =>
    before + (long ?? short).split("-").filter(Boolean).map((word) => `+text:${word}*`).join(" "));
  window.Worker.prototype.postMessage = function post(message, ...others) {
    const query = message?.type === QUERY && typeof message.data === "string";
    postMessage.call(this, query ? { ...message, data: asWords(message.data) } : message, ...others);
  };
}
