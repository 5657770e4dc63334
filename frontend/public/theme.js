// Before the first paint, so that nobody who chose the dawn is dazzled by the night, or the other way round.
try {
  const theme = localStorage.getItem("umbrachat.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage it stays night.
}
