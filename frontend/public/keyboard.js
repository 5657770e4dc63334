// Keeps what one writes, and the newest message, above a keyboard on the screen. Where the page itself becomes smaller for it
// nothing is to be done; elsewhere, as on iOS, only the visible part does, and the page is told how high that is.

const visible = window.visualViewport;
const page = document.documentElement;
/** Pixels that no keyboard is smaller than, and no bar of a browser higher. */
const LEAST = 120;

const fit = () => {
  // Whoever has zoomed in with two fingers sees less, too, and wants nothing to move.
  const covered = visible.scale < 1.05 ? window.innerHeight - visible.height : 0;
  if (covered < LEAST) {
    delete page.dataset.keyboard;
    page.style.removeProperty("--visible");
  } else {
    page.dataset.keyboard = "open";
    page.style.setProperty("--visible", `${visible.height}px`);
    // The browser has pushed the text box into view, and now it is there by itself.
    if (!document.querySelector("dialog[open]")) window.scrollTo(0, 0);
  }
  window.dispatchEvent(new Event("umbrachat-fit"));
};

visible?.addEventListener("resize", fit);
