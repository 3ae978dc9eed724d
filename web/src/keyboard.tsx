import { useEffect, useRef, type ReactElement } from 'react'

const shortcuts: readonly (readonly [string, string])[] = [
  ['/', 'filter the runs; Enter goes to the first'],
  ['j  k', 'next and previous run'],
  ['↓  ↑', 'the same, once a run has the focus'],
  ['Enter', 'open it'],
  ['Esc', 'close what is open'],
  ['← → ↑ ↓', 'in a chart: read its points'],
  ['?', 'this help'],
]

interface Actions {
  readonly onFilter: () => void
  readonly onHelp: () => void
  /** 1: next, -1: previous. */
  readonly onMove: (step: 1 | -1) => void
}

/** Keys that work wherever nothing is being typed. */
export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (target instanceof Element && target.matches('input, select, textarea')) return
      const inRow = target instanceof Element && target.closest('.runs tbody') !== null
      const act = actionFor(key, inRow, latest.current)
      if (act === null) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

function actionFor(key: string, inRow: boolean, actions: Actions): (() => void) | null {
  if (key === '/') return actions.onFilter
  if (key === '?') return actions.onHelp
  if (key === 'j' || (inRow && key === 'ArrowDown')) return () => actions.onMove(1)
  if (key === 'k' || (inRow && key === 'ArrowUp')) return () => actions.onMove(-1)
  return null
}

export function HelpDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(/ +/u).map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" className="close">
          close
        </button>
      </form>
    </dialog>
  )
}
