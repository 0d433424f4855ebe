/** Where a part of the page was when it was taken out. */
interface Grave {
  parent: Node
  next: Element | null
  previous: Element | null
}

/** What the focus can rest on in the place of something that is gone: named, and not a button that a second Enter would press. */
const rows = 'li'
const stops = `${rows}, section, button[type=submit]`
const containers = 'li, dialog, [role=dialog], [role=group], [role=status], section, main'

const graves = new WeakMap<Node, Grave>()
let observer: MutationObserver | undefined
let last: Element | null = null

/**
 * Sees to it that the focus never falls to nothing: where what has it is taken out of
 * the page, it comes to rest next to where that was. For as long as the page lives;
 * `has` is what had the focus when this was asked for, and may be gone already.
 */
export function keepFocus(has: Element): void {
  if (observer) return
  last = document.activeElement === document.body ? has : document.activeElement
  observer = new MutationObserver((records) => {
    bury(records)
    const moved = records.some(({ removedNodes }) => [...removedNodes].some((node) => node.contains(last)))
    if (last && (moved || !last.isConnected) && document.activeElement === document.body) focusNear(last)
  })
  observer.observe(document.body, { childList: true, subtree: true })
  if (!last?.isConnected) focusNear(has)
  document.addEventListener('focusin', (event) => (last = event.target as Element))
  // Whoever takes the focus away by a click beside everything wants it nowhere.
  document.addEventListener('focusout', () => queueMicrotask(() => last?.isConnected && document.activeElement === document.body && (last = null)))
}

/** Gives the focus to something, or, where it is gone, to what is next to where it was. */
export function focusNear(element: Element): void {
  if (observer) bury(observer.takeRecords())
  if (element.isConnected) return rest(element)
  let grave = graves.get(element.getRootNode())
  while (grave && !grave.parent.isConnected) grave = graves.get(grave.parent.getRootNode())
  const heir = grave && (stop(grave.next, 0) ?? stop(grave.previous, -1) ?? (grave.parent as Element).closest(containers))
  rest(heir ?? document.querySelector('main'))
}

function bury(records: MutationRecord[]): void {
  for (const { target, removedNodes, nextSibling, previousSibling } of records) {
    for (const node of removedNodes) graves.set(node, { parent: target, next: elementFrom(nextSibling, 'nextSibling'), previous: elementFrom(previousSibling, 'previousSibling') })
  }
}

function elementFrom(node: Node | null, way: 'nextSibling' | 'previousSibling'): Element | null {
  while (node && !(node instanceof Element)) node = node[way]
  return node
}

/** A neighbour, if the focus can rest on it, or the row of it that is nearest. */
function stop(neighbour: Element | null, at: 0 | -1): Element | undefined {
  if (!neighbour?.isConnected) return undefined
  return neighbour.matches(stops) ? neighbour : [...neighbour.querySelectorAll(rows)].at(at)
}

/** Gives the focus also to what the keyboard does not stop at, for as long as it stays there. */
function rest(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return
  element.focus({ preventScroll: true })
  if (document.activeElement === element) return
  element.tabIndex = -1
  element.addEventListener('blur', () => element.removeAttribute('tabindex'), { once: true })
  element.focus({ preventScroll: true })
}
