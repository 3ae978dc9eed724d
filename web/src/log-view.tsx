import { useEffect, useRef, type ReactElement } from 'react'
import type { ReportLines, ReportRun } from '../../src/domain/report.ts'
import { logHref } from './run-route.ts'

/** The agent's output with the numbers of its lines; the line that the address names is marked and brought into view. */
export function LogView(props: { readonly run: ReportRun; readonly line: number | null }): ReactElement {
  const { run, line } = props
  const { parts, note } = run.log
  const view = useRef<HTMLDivElement>(null)
  const shown = line === null || hasLine(parts, line)
  useEffect(() => {
    const target = view.current?.querySelector<HTMLElement>('.target')
    if (target) {
      target.scrollIntoView({ block: 'center' })
      target.querySelector('a')?.focus({ preventScroll: true })
    } else if (line === null) view.current?.scrollTo(0, view.current.scrollHeight)
    else view.current?.scrollIntoView({ block: 'center' })
  }, [line])
  return (
    <>
      <p className="empty">{note}</p>
      {!shown && (
        <p className="callout" role="alert">
          Line {line} is not among those in this report.
        </p>
      )}
      {parts.length > 0 && (
        <div ref={view} className="log" tabIndex={0} role="region" aria-label="Output of the agent">
          {parts.map((part, index) => (
            <div key={part.firstLine}>
              {part.firstLine > 1 && (
                <p className="gap">
                  {index === 0
                    ? `lines 1 – ${part.firstLine - 1} are left out`
                    : `lines ${endOf(parts[index - 1])} – ${part.firstLine - 1} are left out`}
                </p>
              )}
              <Lines part={part} target={line} hrefOf={(number) => logHref(run.id, number)} />
            </div>
          ))}
        </div>
      )}
    </>
  )
}

export function hasLine(parts: readonly ReportLines[], line: number): boolean {
  return parts.some(({ firstLine, lines }) => firstLine <= line && line < firstLine + lines.length)
}

function endOf(part: ReportLines | undefined): number {
  return part === undefined ? 1 : part.firstLine + part.lines.length
}

/** Numbered lines of a text. Everything in them is text to the browser, whatever it says. */
export function Lines(props: {
  readonly part: ReportLines
  readonly target: number | null
  readonly hrefOf?: (line: number) => string
}): ReactElement {
  const { part, target, hrefOf } = props
  return (
    <ol className="lines" start={part.firstLine}>
      {part.lines.map((text, index) => {
        const number = part.firstLine + index
        return (
          <li key={number} className={number === target ? 'target' : /^\S+ err/u.test(text) ? 'err' : ''}>
            {hrefOf === undefined ? (
              <span className="line-number">{number}</span>
            ) : (
              <a className="line-number" href={hrefOf(number)} tabIndex={number === target ? 0 : -1}>
                {number}
              </a>
            )}
            <LineText text={text} />
            {'\n'}
          </li>
        )
      })}
    </ol>
  )
}

/** What the harness puts before each line of the agent's output stands back. */
function LineText({ text }: { readonly text: string }): ReactElement {
  const head = /^\d{4}-\d\d-\d\dT[\d:.]+Z (?:out|err)\+? /u.exec(text)?.[0] ?? ''
  return (
    <code>
      {head !== '' && <span className="aside-inline">{head}</span>}
      {text.slice(head.length)}
    </code>
  )
}
