// Keeps the app itself on this device, so that it opens without a network. What people say is never kept here: nothing under
// /api passes through. The build puts the app's files in the place of "shell".

const SHELL = ["shell"];
const CACHE = "umbrachat-version";
/** Milliseconds after which a slow network counts as none. */
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([new Request("/", { cache: "reload" }), ...SHELL])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidyUp());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && !url.pathname.startsWith("/api/")) {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(asset(request));
  }
});

// On phones a notification belongs to the worker; its data is the address that it leads to.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data));
});

async function lead(address) {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) return self.clients.openWindow(address);
  await page.focus();
  return page.navigate(address);
}

/** The version before stays: a page that is still open may yet ask for a part of it. */
async function tidyUp() {
  const all = (await caches.keys()).filter((name) => name.startsWith("umbrachat-") && name !== CACHE);
  for (const name of all.slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

/** From the server where it answers in time, so that a reload always brings the newest; else as it was kept. */
async function page(request) {
  const kept = () => caches.match("/");
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(kept);
  const fresh = fetch(request).then(
    // What a proxy says while the server starts anew helps nobody.
    async (answer) => (answer.status >= 500 ? await kept() : undefined) ?? answer,
    async () => (await kept()) ?? Response.error(),
  );
  return (await Promise.race([fresh, late])) ?? fresh;
}

/** What has its hash in its name never changes: once it was asked for it is kept, too. */
async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    // A full disk keeps nobody from what they have asked for.
    caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return answer;
}
