// The numbers of an announcement that is being sent are looked at again every two seconds; without this, by loading the page.
"use strict";

(() => {
  const EVERY = 2000;
  const look = async () => {
    const section = document.getElementById("progress");
    if (!section || !section.dataset.live) return;
    try {
      const answer = await fetch(section.dataset.live, { headers: { Accept: "text/html" } });
      if (answer.redirected || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      if (!fresh) return;
      const was = section.querySelector(".badge").textContent;
      section.replaceWith(fresh);
      if (fresh.querySelector(".badge").textContent !== was) { location.reload(); return; }
    } catch { /* the network is gone for a moment: the next look tries again */ }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
})();
