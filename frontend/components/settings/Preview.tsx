import { accentOf } from '@/lib/accent'
import { initials } from '@/lib/words'

/**
 * How it looks in both themes at once. Drawn, not built of the page's own parts:
 * the page has one theme at a time.
 */
export function Preview({ name, logo, color }: { name: string; logo?: string; color: string }) {
  const accent = accentOf(color)
  return (
    <div className="grid grid-cols-2 gap-3" role="img" aria-label={`Preview of ${name} in the light and the dark theme`}>
      <Card name={name} logo={logo} fill={accent.fill} ink={accent.ink} text={accent.light} paper="#fbfaf8" line="#e6e3de" type="#26221d" />
      <Card name={name} logo={logo} fill={accent.fill} ink={accent.ink} text={accent.dark} paper="#171513" line="#35322e" type="#ece9e4" />
    </div>
  )
}

interface Colors {
  fill: string
  ink: string
  text: string
  paper: string
  line: string
  type: string
}

function Card({ name, logo, fill, ink, text, paper, line, type }: { name: string; logo?: string } & Colors) {
  const short = name.length > 15 ? `${name.slice(0, 14)}…` : name
  return (
    <svg aria-hidden viewBox="0 0 200 118" className="w-full rounded-lg border border-line font-sans">
      <rect width="200" height="118" fill={paper} />
      <rect x="14" y="14" width="24" height="24" rx="6" fill={fill} />
      {logo?.startsWith('https://') ? (
        <image href={logo} x="14" y="14" width="24" height="24" />
      ) : (
        <text x="26" y="30" textAnchor="middle" fontSize="10" fontWeight="600" fill={ink}>
          {initials(name)}
        </text>
      )}
      <text x="46" y="30" fontSize="11.5" fontWeight="600" fill={type}>
        {short}
      </text>
      <path d="M14 50H186" stroke={line} />
      <text x="14" y="71" fontSize="10" fill={text} textDecoration="underline">
        A link in the page
      </text>
      <rect x="14" y="82" width="62" height="22" rx="5" fill={fill} />
      <text x="45" y="96.5" textAnchor="middle" fontSize="10" fontWeight="500" fill={ink}>
        Save
      </text>
      {Array.from({ length: 7 }, (_, i) => (
        <rect key={i} x={106 + i * 11.5} y="84" width="8" height="18" rx="2" fill={i < 4 ? fill : 'none'} stroke={i < 4 ? fill : line} />
      ))}
    </svg>
  )
}
