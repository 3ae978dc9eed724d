import { useCallback, useSyncExternalStore } from 'react'

const prefix = '#run/'

/** The run that the address names (`#run/<id>`), so that a run can be linked to and the back button closes it. */
export function useRunRoute(): { readonly runId: string | null; readonly close: () => void } {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  const close = useCallback(() => {
    window.history.pushState(null, '', `${window.location.pathname}${window.location.search}`)
    window.dispatchEvent(new HashChangeEvent('hashchange'))
  }, [])
  return { runId: hash.startsWith(prefix) ? decode(hash.slice(prefix.length)) : null, close }
}

export function runHref(id: string): string {
  return `${prefix}${encodeURIComponent(id)}`
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
