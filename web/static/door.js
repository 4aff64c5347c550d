// The entrance: a code is looked up on the phone at once, and what was noted is sent when there is a network, each thing once.
"use strict";
(() => {
  const list = document.getElementById("expected");
  const words = list.dataset;
  const people = JSON.parse(list.textContent);
  const store = `hiwar-door-${words.session}`;
  const said = document.getElementById("said");
  const token = document.querySelector("#door input[name=token]").value;
  let waiting = JSON.parse(localStorage.getItem(store) || "[]");
  let sending = false;

  const keep = () => localStorage.setItem(store, JSON.stringify(waiting));
  const plain = (text) => text.toUpperCase().replace(/[^0-9A-Z]/g, "");
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const digest = async (text) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

  function say(text, good) {
    said.textContent = text;
    said.classList.toggle("bad", !good);
  }

  function draw() {
    const drawn = document.getElementById("people");
    drawn.replaceChildren(...people.map((person) => {
      const item = document.createElement("li");
      const name = document.createElement("bdi");
      name.textContent = `${person.name} · ${person.id}`;
      item.append(name);
      item.classList.toggle("came", person.came);
      return item;
    }));
    document.getElementById("came").textContent = people.filter((person) => person.came).length;
    document.getElementById("unsent").textContent = waiting.length ? `${words.unsent} ${waiting.length}` : "";
  }

  async function letIn(code) {
    const typed = plain(code);
    if (!typed) return;
    // Digests need a page that was served over https; without them the server alone knows the codes.
    const sum = crypto.subtle ? await digest(typed) : "";
    const person = people.find((each) => plain(each.id) === typed || each.digest === sum);
    if (person) {
      say(`${person.name} ${person.came ? words.twice : words.here}`, !person.came);
      if (person.came) return;
      person.came = true;
    } else {
      say(words.unknown, false);
    }
    waiting.push({ code: typed, at: new Date().toISOString() });
    keep();
    draw();
    send();
  }

  function walkIn(name) {
    const id = "W" + hex(crypto.getRandomValues(new Uint8Array(8))).toUpperCase().slice(0, 15);
    people.push({ id, name, digest: "", came: true });
    waiting.push({ name, id, at: new Date().toISOString() });
    keep();
    say(`${name} ${words.here}`, true);
    draw();
    send();
  }

  async function send() {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length) {
        const answer = await fetch(location.pathname, {
          method: "POST",
          headers: { Accept: "application/json" },
          body: new URLSearchParams({ token, ...waiting[0] }),
        });
        if (answer.status === 401 || answer.status === 403 || answer.redirected) {
          say(words.login, false);
          break;
        }
        if (answer.status >= 500) break;
        if (answer.status === 409) say(`${words.refused} ${waiting[0].code || waiting[0].name}: ${(await answer.json()).error}`, false);
        waiting.shift();
        keep();
        draw();
      }
    } catch {
      // No network: what waits stays in the browser and goes out with the next thing, or when the network is back.
    }
    sending = false;
  }

  document.getElementById("door").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = document.getElementById("code");
    letIn(field.value);
    field.value = "";
    field.focus();
  });
  document.getElementById("walkin").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = document.getElementById("name");
    const name = field.value.trim();
    if (name) walkIn(name);
    field.value = "";
  });
  window.addEventListener("online", send);
  setInterval(send, 5000); // "online" comes before the network does, and on some phones not at all

  const scan = document.getElementById("scan");
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    scan.hidden = false;
    scan.addEventListener("click", async () => {
      const camera = document.getElementById("camera");
      try {
        camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        scan.hidden = true;
        return;
      }
      camera.hidden = false;
      await camera.play();
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      let last = "";
      const look = async () => {
        const found = await detector.detect(camera).catch(() => []);
        if (found.length && found[0].rawValue !== last) {
          last = found[0].rawValue;
          letIn(last);
        }
        if (!camera.hidden) setTimeout(look, 250);
      };
      look();
    });
  }
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/desk/door-worker.js", { scope: "/desk/" }).catch(() => {});
  draw();
  send();
})();
