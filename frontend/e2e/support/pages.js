// Every page that has an address: the address, and the heading by which one knows that it is there.

/** For everybody. */
export const PUBLIC = [
  ["/", "For those who are still awake."],
  ["/sign-up", "Come in"],
  ["/sign-in", "Welcome back"],
  ["/recover", "A new password"],
  ["/privacy", "Privacy policy"],
  ["/about", "About UmbraChat"],
];

/** For who is signed in. */
export const ROOM = [
  ["/chats", "Chats"],
  ["/friends", "Friends"],
  ["/settings", "Settings"],
  ["/settings/profile", "Profile"],
  ["/settings/appearance", "Appearance"],
  ["/settings/privacy", "Privacy"],
  ["/settings/security", "Security"],
  ["/settings/data", "My data"],
];

/** Gives somebody an account, a friend, a request that waits and a group, so that no page is empty. */
export async function settle(ana, enter) {
  await ana.hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const cleo = await (await enter("Cleo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await cleo.calls("POST", "/friend-requests", { username: ana.username });
  const group = await ana.hasGroup("Stargazers", [bo]);
  return { bo, conversation, group };
}
