// Keeps the page of the entrance on the phone: the newest one that was seen, for when there is no network.
"use strict";
const KEPT = "hiwar-door";
const isDoor = (url) => /^\/desk\/sessions\/\d+\/door$/.test(url.pathname) || url.pathname.startsWith("/static/");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(KEPT));
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !isDoor(url)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      // Only what really is the page: a login in its place would lock the phone out at the door.
      if (answer.ok && !answer.redirected) await kept.put(event.request, answer.clone());
      return answer;
    } catch (error) {
      const known = await kept.match(event.request, { ignoreSearch: false });
      if (known) return known;
      throw error;
    }
  })());
});
