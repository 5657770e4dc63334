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
