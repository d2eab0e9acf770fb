// Everything works without this script. With it the progress of a search moves by
// itself, a message is read out when a page opens, and the end of a sign-in is
// announced in time.
"use strict";

// A message about what was just sent gets the focus, so that it is read first.
document.querySelector("[data-focus]")?.focus();

// Progress: the server sends how far the search has come; when it has ended, the
// page is loaded anew and shows the result.
const progress = document.querySelector("[data-progress]");
if (progress) {
  const part = (name) => progress.querySelector(`[data-live="${name}"]`);
  const badge = progress.querySelector(".badge");
  let spokenAt = Number(part("percent").textContent);
  const show = (now) => {
    for (const name of ["next", "step", "percent", "read", "found", "left", "waiting"]) part(name).textContent = now[name];
    part("bar").value = now.percent;
    part("waiting").hidden = !now.waiting;
    badge.textContent = now.word;
    if (now.percent >= spokenAt + 10) { // every second would be noise
      spokenAt = now.percent;
      part("spoken").textContent = `${now.step}: ${now.percent} %. ${now.left}`;
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
    warning.hidden = true;
    clearTimeout(timer);
    clearTimeout(end);
    if (leaves) end = setTimeout(leave, (idle + 1) * 1000);
    timer = setTimeout(() => {
      warning.hidden = false;
      warning.querySelector("button").focus();
    }, Math.max(idle - before, 1) * 1000);
  };
  warning.querySelector("[data-idle-stay]").addEventListener("click", async () => {
    const answer = await fetch(document.body.dataset.stay, { method: "POST" }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      wait();
      return;
    }
    // Not loaded anew: what was typed goes through the next sign-in.
    warning.querySelector("p").textContent = document.body.dataset.ended;
    warning.querySelector("button").hidden = true;
  });
  wait();
}
