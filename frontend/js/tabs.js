// The tabs of one person: one of them leads and holds the socket, the others hear from it. A tab that closes, or crashes,
// gives up its lock by that alone. Without locks, which browsers offer on safe origins only, each tab is on its own.

let channel;
let gone;

/** Joins the tabs of this name. `onLead` is called once this one leads, `onFollow` where another does already. */
export function join(name, onText, onLead, onFollow) {
  leave();
  if (!navigator.locks) {
    onLead();
    return;
  }
  const here = (gone = new AbortController());
  channel = new BroadcastChannel(name);
  channel.onmessage = (event) => onText(event.data);
  const hold = () => {
    if (here.signal.aborted) return undefined;
    onLead();
    return new Promise((resolve) => here.signal.addEventListener("abort", resolve));
  };
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return hold();
    if (here.signal.aborted) return undefined;
    // In line before anybody hears that it has to wait, so that no leader's end is missed.
    navigator.locks.request(name, { signal: here.signal }, hold).catch(() => {});
    onFollow();
    return undefined;
  });
}

export function leave() {
  gone?.abort();
  channel?.close();
  gone = channel = undefined;
}

/** Tells all other tabs. */
export function tell(text) {
  channel?.postMessage(text);
}

/** Waits until no other tab does what this name stands for. Answers what to call when it is done. */
export async function alone(name) {
  if (!navigator.locks) return () => {};
  return await new Promise((resolve) => {
    navigator.locks.request(name, () => new Promise((done) => resolve(done)));
  });
}
