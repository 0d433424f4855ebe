const bars = Array.from({ length: 23 }, (_, i) => i)
const open = 14

/** A long gate of which one bar is open. */
export function GateDrawing() {
  return (
    <div aria-hidden className="hidden overflow-hidden border-l border-line bg-sunken lg:block">
      <svg viewBox="0 0 460 600" preserveAspectRatio="xMidYMid slice" className="size-full" fill="none" strokeLinecap="round">
        {bars.map((bar) => {
          const x = 20 + bar * 19
          const wave = 90 * Math.sin(bar / 3.4) + 24 * Math.cos(bar / 1.3)
          return bar === open ? (
            <path key={bar} d={`M${x} ${Math.round(40 + wave * 0.3)}V${Math.round(190 + wave * 0.3)}`} stroke="var(--accent-text)" strokeWidth="3.5" />
          ) : (
            <path key={bar} d={`M${x} ${Math.round(170 + wave)}V${Math.round(480 + wave * 0.55)}`} stroke="var(--line-2)" strokeWidth="1.5" opacity={0.55 + 0.4 * Math.sin(bar / 5) ** 2} />
          )
        })}
        <circle cx={20 + open * 19} cy="404" r="5" fill="var(--accent-text)" />
      </svg>
    </div>
  )
}
