/** Stroke icons on a 24 grid, drawn for Parley. Decorative: the control beside them has the words. */
const paths = {
  back: 'M14.5 6.5 9 12l5.5 5.5',
  bolt: 'M13 3.5 5.5 13.5H11l-1 7 8-10.5h-5.5l.5-6.5Z',
  chat: 'M20 12.5a7.5 7.5 0 0 1-7.5 7.5H4.5l1.6-3A7.5 7.5 0 1 1 20 12.5Z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2.5 12.5 4.2 4.5L15 8M11 16l1 1 9.5-9',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  cloud: 'M7 18.5a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.5a4.5 4.5 0 0 1-1 9H7Z',
  coffee:
    'M5 9h11v6.5a4 4 0 0 1-4 4H9a4 4 0 0 1-4-4V9ZM16 10.5h1.5a2.5 2.5 0 0 1 0 5H16M8.5 3.5v2M12.5 3.5v2',
  down: 'm6.5 9.5 5.5 5.5 5.5-5.5',
  exit: 'M14 4.5H6v15h8M10.5 12H20M16.5 8.5 20 12l-3.5 3.5',
  flag: 'M6 20.5V4.5h11l-2.5 4 2.5 4H6',
  dots: 'M4.5 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M17.5 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0',
  globe: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17Z',
  help: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM6 6l3.5 3.5M14.5 14.5 18 18M18 6l-3.5 3.5M9.5 14.5 6 18',
  inbox: 'M4 13.5 6.5 5h11l2.5 8.5V19H4v-5.5ZM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20',
  language:
    'M4 6.5h9M8.5 4.5v2M11.5 6.5c-.8 4-3.3 6.8-6.5 8M6 9.5c1.2 2.5 3.2 4.2 5.5 5M12.5 20l4-9.5 4 9.5M13.9 17h5.2',
  mail: 'M4 6.5h16v11H4v-11Zm0 .5 8 6 8-6',
  monitor: 'M3.5 5h17v11h-17V5ZM9 20h6M12 16v4',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  mute: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM16 9.5l5 5M21 9.5l-5 5',
  note: 'M5 4.5h14v10l-5 5H5v-15ZM14 19.5v-5h5',
  page: 'M6.5 3.5h7l4 4v13h-11v-17ZM13.5 3.5v4h4',
  route:
    'M6.5 4a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM17.5 15a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM9 6.5h6a3.5 3.5 0 0 1 0 7H9a3.5 3.5 0 0 0 0 7h6',
  send: 'M4.5 12 20 4.5 15.5 20l-3.6-6.4L4.5 12Zm7.4 1.6L20 4.5',
  shop: 'M4.5 10.5V20h15v-9.5M3.5 8.5 5.5 4h13l2 4.5a2.8 2.8 0 0 1-5.6 0 2.8 2.8 0 0 1-5.7 0 2.8 2.8 0 0 1-5.7 0ZM10 20v-5h4v5',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20',
  team: 'M4 20v-7.5M9.3 20V8M14.7 20v-9.5M20 20V4.5',
  transfer: 'M4 8.5h14M14.5 5 18 8.5 14.5 12M20 15.5H6M9.5 12 6 15.5 9.5 19',
  undo: 'M4.5 9.5H15a4.5 4.5 0 0 1 0 9h-3M8.5 5.5l-4 4 4 4',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  users:
    'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM2.5 19.5c.6-3 3.2-5 6.5-5s5.9 2 6.5 5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.8c2.1.6 3.6 2.3 4 4.7',
  warn: 'M12 4.5 21 19.5H3L12 4.5ZM12 10v4.5M12 17v.01',
  x: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
};

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The sign of the house. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d="M5 5h9.5a5.5 5.5 0 0 1 0 11H10l-5 4V5Z" fill="currentColor" />
      <circle cx="10" cy="10.5" r="1.3" fill="#45c4a9" />
      <circle cx="14.5" cy="10.5" r="1.3" fill="#45c4a9" />
    </svg>
  );
}
