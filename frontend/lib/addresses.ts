/** Addresses out of pasted text: "Ada <ada@example.com>, bob@example.com; …". */
export function addressesIn(text: string): { addresses: string[]; rest: string[] } {
  const addresses = new Set<string>()
  const rest: string[] = []
  for (const piece of text.split(/[\n,;]+/)) {
    const found = piece.match(/[^\s<>"'()]+@[^\s<>"'()]+\.[^\s<>"'()]+/g)
    if (found) for (const address of found) addresses.add(address.replace(/[.]+$/, '').toLowerCase())
    else if (piece.trim()) rest.push(piece.trim())
  }
  return { addresses: [...addresses], rest }
}
