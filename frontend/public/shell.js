// Keeps the app on this device, and says when a newer version of it is ready: "umbrachat-update" on the window. The app says
// "umbrachat-reload" when somebody wants it, and "umbrachat-look" when the server may have been changed.

if ("serviceWorker" in navigator && window.isSecureContext) {
  const { serviceWorker } = navigator;
  const watch = (registration) => {
    const say = () => {
      // Without a controller it is the first version, which nobody needs to hear of.
      if (!registration.waiting || !serviceWorker.controller) return;
      document.documentElement.dataset.update = "ready";
      window.dispatchEvent(new Event("umbrachat-update"));
    };
    say();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", say);
    });
    window.addEventListener("umbrachat-look", () => {
      say();
      registration.update().catch(() => {});
    });
    window.addEventListener("umbrachat-reload", () => {
      if (!registration.waiting) return window.location.reload();
      serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
      return registration.waiting.postMessage("take over");
    });
  };
  // After the app itself has been loaded, so that the first visit does not wait for it.
  window.addEventListener("load", () => {
    serviceWorker.register("/sw.js", { updateViaCache: "none" }).then(watch, () => {});
  });
}
