// Everything works without this script. With it the progress of a search moves by
// itself, a message is read out when a page opens, and the end of a sign-in is
// announced in time.
"use strict";

// A message about what was just sent gets the focus, so that it is read first.
document.querySelector("[data-focus]")?.focus({ preventScroll: location.hash !== "" });

// Progress: the server sends how far the search has come; when it has ended, the
// page is loaded anew and shows the result.
const progress = document.querySelector("[data-progress]");
if (progress) {
  const part = (name) => progress.querySelector(`[data-live="${name}"]`);
  let spokenAt = Number(part("percent").textContent);
  const show = (now) => {
    for (const name of ["next", "percent", "read", "found", "left"]) part(name).textContent = now[name];
    part("bar").value = now.percent;
    document.querySelector("main .badge").textContent = now.word;
    for (const [i, row] of progress.querySelectorAll("[data-part]").entries()) {
      const { word, tone, more } = now.parts[i];
      row.querySelector(".badge").textContent = word;
      row.querySelector(".badge").className = `badge ${tone}`;
      row.querySelector(".quiet:last-child").textContent = more;
    }
    if (now.percent >= spokenAt + 10) { // every second would be noise
      spokenAt = now.percent;
      part("spoken").textContent = now.spoken;
    }
  };
  const stream = new EventSource(progress.dataset.progress);
  stream.addEventListener("progress", (event) => {
    const now = JSON.parse(event.data);
    if (now.status === "queued" || now.status === "running") {
      show(now);
      return;
    }
    stream.close();
    location.reload();
  });
  stream.addEventListener("signed-out", () => {
    stream.close();
    location.reload();
  });
  addEventListener("pagehide", () => stream.close());
}

// What is to be copied can be, in one press.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    field.select();
    const copied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false) ?? document.execCommand("copy"); // over plain HTTP there is no clipboard
    const said = button.nextElementSibling;
    said.textContent = copied ? said.dataset.copied : "";
  });
}

// A passage that is selected in a message is the one to withhold.
const passage = document.querySelector("[data-reading] #passage");
if (passage) {
  document.addEventListener("selectionchange", () => {
    const selected = getSelection();
    const within = (node) => node?.parentElement?.closest(".words");
    if (!selected.isCollapsed && within(selected.anchorNode) && within(selected.anchorNode) === within(selected.focusNode)) passage.value = selected.toString();
  });
}

// The sign-in ends after some time without activity. Two minutes before that the
// page says so; one press keeps it.
const idle = Number(document.body.dataset.idle || 0);
const warning = document.querySelector("[data-idle-warning]");
if (idle && warning) {
  const before = 120;
  let timer, end;
  // When it has ended, what is stored leaves the screen, and the sign-in takes its place.
  // Whether it has is asked without counting as activity: another tab may have been used.
  // A form that somebody is filling in stays.
  const leave = async () => {
    clearTimeout(end);
    const answer = await fetch(document.body.dataset.stay).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      end = setTimeout(leave, 60 * 1000);
      return;
    }
    document.getElementById("content").replaceChildren();
    location.reload();
  };
  const leaves = "leaves" in document.body.dataset;
  if (leaves) document.addEventListener("visibilitychange", () => document.hidden || leave());
  const wait = () => {
    warning.close();
    clearTimeout(timer);
    clearTimeout(end);
    if (leaves) end = setTimeout(leave, (idle + 1) * 1000);
    timer = setTimeout(() => warning.showModal(), Math.max(idle - before, 1) * 1000);
  };
  const stay = warning.querySelector("[data-idle-stay]");
  warning.addEventListener("cancel", (event) => { // Esc is a sign of life, too
    if (stay.hidden) return;
    event.preventDefault();
    stay.click();
  });
  stay.addEventListener("click", async () => {
    const answer = await fetch(document.body.dataset.stay, { method: "POST" }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      wait();
      return;
    }
    // Not loaded anew: what was typed goes through the next sign-in.
    warning.querySelector("p").textContent = document.body.dataset.ended;
    stay.hidden = true;
  });
  wait();
}
