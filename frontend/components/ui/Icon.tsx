/** Drawn on a grid of 16, with one stroke. */
const paths = {
  overview: 'M2.5 13.5v-5M6.2 13.5v-11M9.8 13.5v-7M13.5 13.5v-9',
  members: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-4.5 6c.3-2.4 2-4 4.5-4s4.2 1.6 4.5 4M11 7a2 2 0 1 0-.8-3.9M12 9.7c1.5.4 2.4 1.8 2.6 3.8',
  audit: 'M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5',
  settings: 'M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M7.5 11.5h6M10.25 6.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM5.75 13.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5Z',
  profile: 'M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8Zm-5 5.5c.4-2.3 2.3-3.7 5-3.7s4.6 1.4 5 3.7',
  platform: 'M2.5 6 8 2.5 13.5 6M3.5 6v5.5M6.5 6v5.5M9.5 6v5.5M12.5 6v5.5M2.5 13.5h11',
  check: 'm3.5 8.5 3 3 6-7',
  updown: 'm5 6 3-3 3 3M5 10l3 3 3-3',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 13.5 13.5',
  out: 'M6.5 3h-4v10h4M6 8h7.5M10.5 5l3 3-3 3',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  sun: 'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z',
  screen: 'M2 3h12v8H2zM5.5 13.5h5',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, className = 'size-4' }: { name: IconName; className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" className={`shrink-0 ${className}`}>
      <path d={paths[name]} />
    </svg>
  )
}

/** The gate: five bars, one of them open. */
export function Gate({ className = 'size-6' }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 24 24" className={className} fill="none" strokeWidth="2" strokeLinecap="round">
      <path d="M4 5v14M8 5v14M20 5v14M16 5v14" stroke="currentColor" />
      <path d="M12 3v6" stroke="var(--accent-text)" />
    </svg>
  )
}
