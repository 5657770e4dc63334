// What draws attention while the page is in the background: the browser's notifications, a dot on the tab, a quiet sound.

/** "granted", "denied", "default", or "" where the browser has none. */
export function permission() {
  return globalThis.Notification?.permission ?? "";
}

/** Asks, which a browser allows only from a click. */
export async function ask() {
  return (await globalThis.Notification?.requestPermission()) ?? "";
}

/** What this page has shown, by its tag. */
const notifications = new Map();

/** Shows one for each tag; a click comes back to this page. */
export function show(title, body, tag, address, onClick) {
  const options = { body, tag, icon: document.querySelector("link[rel=apple-touch-icon]")?.href, silent: true };
  try {
    const notification = new Notification(title, options);
    notifications.set(tag, notification);
    notification.onclick = () => {
      window.focus();
      notification.close();
      onClick(address);
    };
  } catch {
    // Phones leave them to the worker, if there is one.
    navigator.serviceWorker?.getRegistration().then((worker) => worker?.showNotification(title, { ...options, data: address }));
  }
}

/** Takes back what was shown under this tag, or all of it: it was read, or is meant for nobody else. */
export async function takeBack(tag) {
  for (const [name, notification] of notifications) {
    if (tag && name !== tag) continue;
    notification.close();
    notifications.delete(name);
  }
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const notification of (await worker?.getNotifications?.(tag ? { tag } : {})) ?? []) notification.close();
}

let audio;

/** Two soft notes, as of a glass that is touched. */
export function chime() {
  // Before anybody has touched the page a browser lets it make no sound.
  if (!navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  for (const [note, delay] of [[659.25, 0], [987.77, 0.12]]) {
    const [tone, volume, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + delay];
    tone.frequency.value = note;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.05, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.7);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.75);
  }
}

let plain;

/** Puts a number onto the tab's picture, or takes it away. */
export function badge(count) {
  const link = document.querySelector("link[rel=icon]");
  if (!link) return;
  plain ??= link.href;
  navigator.setAppBadge?.(count).catch(() => {});
  if (count === 0) {
    link.href = plain;
    return;
  }
  const picture = new Image(64, 64);
  picture.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0, 64, 64);
    pen.fillStyle = "#ffd27a";
    pen.beginPath();
    pen.arc(44, 44, 20, 0, 7);
    pen.fill();
    pen.fillStyle = "#1a1030";
    pen.font = "bold 26px sans-serif";
    pen.textAlign = "center";
    pen.fillText(count > 9 ? "9+" : String(count), 44, 53);
    link.href = canvas.toDataURL();
  };
  picture.src = plain;
}
