// What this device keeps of conversations, in IndexedDB: texts under the keys of one person. Where the browser does not
// allow it, nothing is kept, and all else works.

const STORE = "kept";
/** Milliseconds after which what is kept counts as not there: nobody waits longer for the app to open. */
const PATIENCE = 2000;
let database;

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("umbrachat", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      const opened = request.result;
      // Closed by the browser, or in the way of a newer version of the app: it is opened anew when it is needed.
      opened.onclose = () => (database = undefined);
      opened.onversionchange = () => {
        database = undefined;
        opened.close();
      };
      resolve(opened);
    };
    request.onerror = () => reject(request.error);
  });
  return database;
}

const ofPerson = (person) => IDBKeyRange.bound(`${person}/`, `${person}/\uffff`);

/** Carries out `act` in a transaction of its own, and waits until it is done; tries twice, since a database may be closed. */
async function transact(mode, act, again = true) {
  try {
    const transaction = (await open()).transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return request?.result;
  } catch {
    database = undefined;
    return again ? transact(mode, act, false) : undefined;
  }
}

/** Everything that is kept for a person: the account's text first, if there is any. */
export async function recall(person) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  return (await Promise.race([transact("readonly", (store) => store.getAll(ofPerson(person))), late])) ?? [];
}

/** Keeps these texts under these names, and of all others only the person's own that are listed. */
export async function keep(person, names, texts, listed) {
  const stay = new Set(listed.map((name) => `${person}/${name}`));
  await transact("readwrite", (store) => {
    names.forEach((name, index) => store.put(texts[index], `${person}/${name}`));
    const keys = store.getAllKeys();
    keys.onsuccess = () => {
      for (const key of keys.result) if (!stay.has(key)) store.delete(key);
    };
  });
}

/** Forgets everything, whoever it was kept for. */
export async function wipe() {
  await transact("readwrite", (store) => void store.clear());
}
