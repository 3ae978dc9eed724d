import { useCallback, useSyncExternalStore } from 'react'

/** Something within a run that has an address of its own. */
export type RunTarget =
  | { readonly kind: 'evidence'; readonly finding: number; readonly piece: number }
  | { readonly kind: 'log'; readonly line: number }

export interface RunRoute {
  readonly runId: string
  readonly target: RunTarget | null
}

const prefix = '#run/'

/**
 * What the address names: `#run/<id>`, `#run/<id>/evidence/<finding>.<piece>` or `#run/<id>/log/<line>`, all counted from
 * 1. So everything that is opened can be linked to, and the back button closes it.
 */
export function useRunRoute(): { readonly route: RunRoute | null; readonly close: () => void } {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  const close = useCallback(() => {
    window.history.pushState(null, '', `${window.location.pathname}${window.location.search}`)
    window.dispatchEvent(new HashChangeEvent('hashchange'))
  }, [])
  return { route: parseRunRoute(hash), close }
}

export function runHref(id: string): string {
  return `${prefix}${encodeURIComponent(id)}`
}

export function evidenceHref(id: string, finding: number, piece: number): string {
  return `${runHref(id)}/evidence/${finding + 1}.${piece + 1}`
}

export function logHref(id: string, line: number): string {
  return `${runHref(id)}/log/${line}`
}

export function parseRunRoute(hash: string): RunRoute | null {
  if (!hash.startsWith(prefix)) return null
  const [id = '', kind, place = ''] = hash.slice(prefix.length).split('/')
  return { runId: decode(id), target: parseTarget(kind, place) }
}

function parseTarget(kind: string | undefined, place: string): RunTarget | null {
  const numbers = /^([1-9]\d{0,8})(?:\.([1-9]\d{0,5}))?$/u.exec(place)
  if (numbers === null) return null
  const [first, second] = [Number(numbers[1]), Number(numbers[2] ?? Number.NaN)]
  if (kind === 'log') return { kind, line: first }
  if (kind === 'evidence' && !Number.isNaN(second)) return { kind, finding: first - 1, piece: second - 1 }
  return null
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  window.addEventListener('popstate', changed)
  return () => {
    window.removeEventListener('hashchange', changed)
    window.removeEventListener('popstate', changed)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
