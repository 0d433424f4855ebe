/** A colour as red, green and blue from 0 to 255. */
type RGB = readonly [number, number, number]

/** Where the tenant brings no colour. */
export const ownAccent = '#1d6b58'

const white: RGB = [255, 255, 255]
const black: RGB = [0, 0, 0]
/** The grounds that text in the accent stands on: paper and sunken of each theme. */
const grounds = { light: [245, 243, 240] as RGB, dark: [34, 32, 30] as RGB }

/** What the page needs of one colour. */
export interface Accent {
  fill: string
  /** On the fill. */
  ink: string
  /** On the page, in each theme: the colour itself, or as near as can be read. */
  light: string
  dark: string
}

/**
 * Makes an accent of "#rrggbb" that can be read everywhere: contrast 4.5 or more
 * (WCAG 2.2, 1.4.3). What is no such colour is the console's own.
 */
export function accentOf(color: string | undefined): Accent {
  const rgb = parse(color ?? '') ?? parse(ownAccent)!
  const fill = fillOf(rgb)
  return {
    fill: hex(fill),
    ink: contrast(fill, white) >= 4.5 ? '#ffffff' : '#000000',
    light: hex(readable(rgb, grounds.light, black)),
    dark: hex(readable(rgb, grounds.dark, white)),
  }
}

/** Puts the accent on the page. Through the CSSOM, which a Content-Security-Policy lets scripts do. */
export function paint(accent: Accent): void {
  const { style } = document.documentElement
  style.setProperty('--accent', accent.fill)
  style.setProperty('--accent-ink', accent.ink)
  style.setProperty('--accent-text-light', accent.light)
  style.setProperty('--accent-text-dark', accent.dark)
}

/** Black or white can be read on any colour but some greys between; those are darkened. */
function fillOf(rgb: RGB): RGB {
  return Math.max(contrast(rgb, white), contrast(rgb, black)) >= 4.5 ? rgb : readable(rgb, white, black)
}

/** The colour, moved towards the other as little as it takes to be read on the ground. */
function readable(rgb: RGB, ground: RGB, towards: RGB): RGB {
  for (let step = 0; step <= 20; step++) {
    const mixed = mix(rgb, towards, step / 20)
    if (contrast(mixed, ground) >= 4.6) return mixed
  }
  return towards
}

function mix(a: RGB, b: RGB, share: number): RGB {
  const part = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share)
  return [part(0), part(1), part(2)]
}

/** WCAG 2.2, contrast ratio. */
export function contrast(a: RGB, b: RGB): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance([r, g, b]: RGB): number {
  const linear = (value: number) => {
    const s = value / 255
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

export function parse(color: string): RGB | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)
  return match ? [parseInt(match[1]!, 16), parseInt(match[2]!, 16), parseInt(match[3]!, 16)] : null
}

function hex(rgb: RGB): string {
  return '#' + rgb.map((value) => value.toString(16).padStart(2, '0')).join('')
}
