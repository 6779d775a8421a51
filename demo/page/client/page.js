// Makes the page live: parts that change are drawn by the server and put in place; forms are sent without leaving the page.
const live = document.getElementById("live");
let events;

function watch() {
  events?.close();
  events = new EventSource(`/events${location.search}`);
  let isFirst = true;
  events.addEventListener("open", () => {
    live.textContent = "Live: what happens appears by itself.";
    setTimeout(() => {
      isFirst = false;
    }, 1000);
  });
  events.addEventListener("region", ({ data }) => {
    const { id, content } = JSON.parse(data);
    const region = document.getElementById(id);
    if (region !== null && renew(region, content) && !isFirst && region.dataset.news)
      live.textContent = `${region.dataset.news} has something new.`;
  });
  events.addEventListener("error", () => {
    live.textContent = "The demo does not answer. It may have ended.";
  });
}

/** Keeps the focus where it was: each link of a region has an id of its own. */
function renew(region, content) {
  const draft = document.createElement("template");
  draft.innerHTML = content;
  if (draft.innerHTML === region.dataset.drawn) return false;
  region.dataset.drawn = draft.innerHTML;
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(draft.content);
  if (focused !== "") document.getElementById(focused)?.focus({ preventScroll: true });
  return true;
}

function open(address) {
  if (address === location.pathname + location.search) return;
  history.pushState(null, "", address);
  for (const form of document.forms) form.action = new URL(form.action).pathname + location.search;
  document.getElementById("reload").href = address;
  watch();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/?'], a[href^='/#']");
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.pathname + link.search);
  const field = { "#answer": "#answer textarea", "#inbox": null }[link.hash];
  if (field) document.querySelector(field).focus();
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const alert = form.querySelector("[role=alert]");
  const body = new FormData(form, event.submitter);
  alert.textContent = "";
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    const { next, problem = "It could not be sent." } = await answer.json();
    if (!answer.ok) throw new Error(problem);
    for (const field of form.querySelectorAll("textarea, [type=file], [name=subject]")) field.value = "";
    open(next);
  } catch (error) {
    alert.textContent = error.message;
  } finally {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    form.querySelector("textarea").focus();
  }
});

// What an agent has begun to write stays with its conversation, whatever else comes in.
document.querySelector("#answer textarea").addEventListener("input", () => {
  const query = new URLSearchParams(location.search);
  if (query.has("thread")) return;
  for (const name of ["agency", "thread", "reply"]) {
    const { value } = document.querySelector(`#answer [name=${name}]`);
    if (value !== "") query.set(name, value);
  }
  open(`/?${query}`);
});

// A browser keeps few connections to one address: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => (document.hidden ? events.close() : watch()));
addEventListener("popstate", () => location.reload());
watch();
