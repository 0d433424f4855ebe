/** Drawn on a grid of 16, with one stroke. */
const paths = {
  overview: 'M2.5 13.5v-5M6.2 13.5v-11M9.8 13.5v-7M13.5 13.5v-9',
  members: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-4.5 6c.3-2.4 2-4 4.5-4s4.2 1.6 4.5 4M11 7a2 2 0 1 0-.8-3.9M12 9.7c1.500.4 2.4 1.800 2.600 3.800',
  audit: 'M3.500 2.500h9v11h-9zM6 5.500h4M6 8h4M6 10.500h2.500',
  settings: 'M2.500 4.500h6M12 4.500h1.500M2.500 11.500H4M7.500 11.500h6M10.250 6.250a1.750 1.750 0 1 0 0-3.500 1.750 1.750 0 0 0 0 3.500ZM5.750 13.250a1.750 1.750 0 1 0 0-3.500 1.750 1.750 0 0 0 0 3.500Z',
  profile: 'M8 8a2.750 2.750 0 1 0 0-5.500A2.750 2.750 0 0 0 8 8Zm-5 5.500c.4-2.300 2.300-3.700 5-3.700s4.600 1.400 5 3.700',
  platform: 'M2.500 6 8 2.500 13.500 6M3.500 6v5.500M6.500 6v5.500M9.500 6v5.500M12.500 6v5.500M2.500 13.500h11',
  check: 'm3.500 8.500 3 3 6-7',
  updown: 'm5 6 3-3 3 3M5 10l3 3 3-3',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.500 10.500 13.500 13.500',
  out: 'M6.500 3h-4v10h4M6 8h7.500M10.500 5l3 3-3 3',
  copy: 'M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z',
  sun: 'M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M12.600 3.400l-1 1M4.400 11.600l-1 1',
  moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500Z',
  screen: 'M2 3h12v8H2zM5.500 13.500h5',
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
