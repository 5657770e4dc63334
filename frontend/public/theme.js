// Before the first paint, so that nobody who chose the dawn is dazzled by the night, or the other way round.
const root = document.documentElement;
const contrast = matchMedia("(prefers-contrast: more)");
const chosen = (key) => {
  try {
    return localStorage.getItem(`umbrachat.${key}`);
  } catch {
    // Without storage it stays night.
    return null;
  }
};
const show = () => {
  if (contrast.matches || chosen("contrast")) root.dataset.contrast = "more";
  else delete root.dataset.contrast;
};
root.dataset.theme = chosen("theme") ?? "night";
contrast.addEventListener("change", show);
show();
