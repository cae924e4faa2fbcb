/** What people send to a shop. Everything else comes from the keyboard of their system. */
export const EMOJIS: readonly string[] = [
  ...'😀😄😂🙂😉😊😍🥰😘😜🤔😐🙄😮😢😭',
  ...'😞😕😡🤯😴🤒🙏👍👎👌👏💪👋🤝🎉✨',
  ...'🔥✅❌❓❗💡📦🚚🎁💳🧾🏠📷⏰🌿🪴',
  '❤️',
  ...'🧡💛💚💙💜🖤🤍',
];
