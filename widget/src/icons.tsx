/** Stroke icons on a grid of 24. */
export const ICONS = {
  chat: 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z',
  down: 'm6 9.5 6 6 6-6',
  dots: 'M6 12h.01M12 12h.01M18 12h.01',
  send: 'M20.5 3.5 10.7 13.3M20.5 3.5 14.3 20.5l-3.6-7.2-7.2-3.6 17-6.2Z',
  smile:
    'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.3 14.2c.9 1.4 2.2 2 3.7 2s2.8-.6 3.7-2M9.2 9.6v.2M14.8 9.6v.2',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2.5 12.5 4.2 4.5L15 8M11 16l1 1 9.5-9',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  user: 'M12 4.5a3.7 3.7 0 1 0 0 7.5 3.7 3.7 0 0 0 0-7.5ZM5 19.5c.8-3.2 3.6-5 7-5s6.2 1.8 7 5',
  alert: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8v4.5M12 16v.2',
  bell: 'M6 10a6 6 0 0 1 12 0c0 4.6 1.6 6.2 2 7H4c.4-.8 2-2.4 2-7ZM10 20h4',
  mute: 'M6 10a6 6 0 0 1 9.5-4.9M18 10.5c.1 4.2 1.6 5.8 2 6.5H4c.4-.8 2-2.4 2-7M10 20h4M4 4l16 16',
  end: 'M14 4.5H6.5a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1H14M10.5 12h9.5M16.5 8l4 4-4 4',
} as const;

/** An icon that says nothing to screen readers: a word is beside it or on its button. */
export function Icon({ of, class: name = '' }: { of: keyof typeof ICONS; class?: string }) {
  return (
    <svg class={`i ${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={ICONS[of]} />
    </svg>
  );
}
