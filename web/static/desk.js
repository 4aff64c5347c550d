// The desk's comfort: every page works without it. j and k move along a list ([data-rows] with [data-row] in it), Enter opens, ? tells the keys;
// an element with data-key="a" is clicked by that key; a text that was changed is not left by accident.
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let place = -1;

  const move = (step) => {
    const found = rows();
    if (!found.length) return;
    const here = found.findIndex((row) => row.contains(document.activeElement));
    place = Math.min(Math.max((here < 0 ? place : here) + step, 0), found.length - 1);
    const row = found[place];
    (row.matches("a, button") ? row : row.querySelector("a, button, input") || row).focus();
    row.scrollIntoView({ block: "nearest" });
  };

  const help = () => {
    const box = document.getElementById("keys");
    if (!box) return false;
    box.open = !box.open;
    if (box.open) box.querySelector("summary").focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    } else if (event.key === "?") {
      if (!help()) return;
    } else {
      const wanted = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key && !each.disabled);
      if (!wanted) return;
      wanted.matches("input, textarea, select") ? wanted.focus() : wanted.click();
    }
    event.preventDefault();
  });

  // What was typed and not sent yet.
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[method=post][data-guarded]")) changed = true;
  });
  document.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });

  // A page that waits for something looks again by itself, unless somebody writes in it.
  const again = document.querySelector("form[data-again]");
  if (again) {
    setTimeout(() => {
      if (![...again.querySelectorAll("textarea")].some((field) => field.value)) document.getElementById("look").click();
    }, Number(again.dataset.again) * 1000);
  }

  // One box for all boxes of a list: <input type="checkbox" data-all="name">.
  document.addEventListener("change", (event) => {
    const all = event.target.dataset.all;
    if (all) for (const box of document.querySelectorAll(`input[type=checkbox][name="${all}"]`)) box.checked = event.target.checked;
  });
})();
