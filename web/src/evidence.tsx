import { useEffect, useRef, type ReactElement } from 'react'
import type { Evidence, Finding } from '../../src/domain/finding.ts'
import type { ReportLines, ReportRun } from '../../src/domain/report.ts'
import { formatNumber, formatTime } from './format.ts'
import { hasLine, Lines } from './log-view.tsx'
import { evidenceHref, logHref, runHref, type RunTarget } from './run-route.ts'

export function Verdicts({ run }: { readonly run: ReportRun }): ReactElement {
  if (run.verdicts.length === 0) return <p className="empty">No verdict.</p>
  return (
    <ol className="verdicts" reversed>
      {run.verdicts.toReversed().map(({ number, verdict }, index) => (
        <li key={number} className={index === 0 ? `standing ${verdict.decision}` : 'superseded'}>
          <p>
            <span
              className={`tag ${verdict.decision === 'flagged' ? 'bad' : verdict.decision === 'clean' ? 'good' : 'warn'}`}
            >
              {verdict.decision}
            </span>
            {verdict.reason !== verdict.decision && <code>{verdict.reason}</code>}
            {index > 0 && <em>superseded</em>}
          </p>
          <p className="text">{verdict.justification}</p>
          <p className="by">
            {verdict.madeBy.kind === 'policy' ? (
              <>
                by policy <b>{verdict.madeBy.policy}</b> <code>{verdict.madeBy.policyHash.slice(0, 8)}</code>
              </>
            ) : (
              <>
                by operator <b>{verdict.madeBy.name}</b>
              </>
            )}
            , {formatTime(verdict.at)}
            {verdict.findings.length > 0 && (
              <>, on {verdict.findings.map((finding) => `finding ${finding + 1}`).join(', ')}</>
            )}
          </p>
          {verdict.labels.map((label) => (
            <span key={label} className="tag">
              {label}
            </span>
          ))}
        </li>
      ))}
    </ol>
  )
}

export function Findings(props: {
  readonly run: ReportRun
  readonly target: RunTarget | null
}): ReactElement {
  const { run, target } = props
  const checked =
    run.detectors.length === 0
      ? 'No detector has looked at it.'
      : `Looked at by ${run.detectors.map(({ id, version }) => `${id} v${version}`).join(', ')}.`
  return (
    <>
      {run.findings.length === 0 ? (
        <p className="empty">Nothing found. {checked}</p>
      ) : (
        <>
          <ol className="findings">
            {run.findings.map((finding, index) => (
              // findings have no id: their place in the file is what verdicts refer to
              <FindingItem key={index} run={run} finding={finding} index={index} target={target} />
            ))}
          </ol>
          <p className="empty">{checked}</p>
        </>
      )}
      {run.withheld && run.findings.length > 0 && (
        <p className="empty">
          Excerpts and names that the agent chose are left out: the items of this benchmark may not be
          published.
        </p>
      )}
    </>
  )
}

interface Piece {
  readonly evidence: Evidence
  readonly index: number
}

const shownPieces = 5

function FindingItem(props: {
  readonly run: ReportRun
  readonly finding: Finding
  readonly index: number
  readonly target: RunTarget | null
}): ReactElement {
  const { run, finding, index, target } = props
  const pieces = finding.evidence.map((evidence, at): Piece => ({ evidence, index: at }))
  const measured = pieces.filter(({ evidence }) => isMeasured(evidence))
  const places = pieces.filter(({ evidence }) => !isMeasured(evidence))
  const more = places.slice(shownPieces)
  const inMore =
    target?.kind === 'evidence' &&
    target.finding === index &&
    more.some((piece) => piece.index === target.piece)
  const list = (some: readonly Piece[]): ReactElement => (
    <ul className="evidence">
      {some.map((piece) => (
        <PlaceItem key={piece.index} run={run} finding={index} piece={piece} target={target} />
      ))}
    </ul>
  )
  return (
    <li>
      <p>
        <code>
          {finding.detector}/{finding.kind}
        </code>{' '}
        <span className="measure">measure {formatNumber(finding.measure)}</span>
      </p>
      <p className="text">{finding.summary}</p>
      {measured.length > 0 && <MeasureTable pieces={measured} name={`Numbers of finding ${index + 1}`} />}
      {list(places.slice(0, shownPieces))}
      {more.length > 0 && (
        <details open={inMore || undefined}>
          <summary>{more.length} more</summary>
          {list(more)}
        </details>
      )}
    </li>
  )
}

function isMeasured({ tensor, numbers, excerpt, line }: Evidence): boolean {
  return excerpt === undefined && line === undefined && (tensor !== undefined || numbers !== undefined)
}

/** Tensors and numbers, one line per piece of evidence. */
function MeasureTable(props: { readonly pieces: readonly Piece[]; readonly name: string }): ReactElement {
  const evidence = props.pieces.map((piece) => piece.evidence)
  const names = [...new Set(evidence.flatMap(({ numbers = {} }) => Object.keys(numbers)))]
  const texts = (['file', 'tensor', 'item'] as const).filter((name) =>
    evidence.some((one) => one[name] !== undefined),
  )
  return (
    <div className="scroll measures" tabIndex={0} role="region" aria-label={props.name}>
      <table>
        <thead>
          <tr>
            {texts.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
            {names.map((name) => (
              <th scope="col" key={name} className="number">
                {name.replaceAll('_', ' ')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.pieces.map(({ evidence: one, index }) => (
            <tr key={index}>
              {texts.map((name) => (
                <td key={name}>
                  <code>{one[name]}</code>
                </td>
              ))}
              {names.map((name) => {
                const value = one.numbers?.[name]
                return (
                  <td key={name} className="number">
                    {value === undefined ? '' : formatNumber(value)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const context = 3

/** The few lines around the one that the evidence names. */
function excerptOf(run: ReportRun, { file, line }: Evidence): ReportLines | undefined {
  if (line === undefined) return undefined
  const part = run.excerpts.find((one) => one.file === file && hasLine([one], line))
  if (part === undefined) return undefined
  const start = Math.max(0, line - context - part.firstLine)
  return {
    firstLine: part.firstLine + start,
    lines: part.lines.slice(start, line + context - part.firstLine + 1),
  }
}

/** A place in a file, with what stands around it once it is opened. */
function PlaceItem(props: {
  readonly run: ReportRun
  readonly finding: number
  readonly piece: Piece
  readonly target: RunTarget | null
}): ReactElement {
  const { run, finding, target } = props
  const { evidence: one, index } = props.piece
  const open = target?.kind === 'evidence' && target.finding === finding && target.piece === index
  const link = useRef<HTMLAnchorElement>(null)
  const block = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (!open) return
    block.current?.scrollIntoView({ block: 'nearest' })
    link.current?.focus({ preventScroll: true })
  }, [open])
  const excerpt = excerptOf(run, one)
  const place = `${one.file ?? ''}${one.line === undefined ? '' : `:${one.line}`}`
  const inLog = one.file === 'agent.log' && one.line !== undefined && hasLine(run.log.parts, one.line)
  return (
    <li ref={block}>
      <p>
        {inLog ? (
          <a href={logHref(run.id, one.line ?? 1)}>
            <code>{place}</code>
          </a>
        ) : excerpt !== undefined ? (
          <a
            ref={link}
            className="opens"
            aria-expanded={open}
            href={open ? runHref(run.id) : evidenceHref(run.id, finding, index)}
          >
            <code>{place}</code>
          </a>
        ) : (
          one.file !== undefined && <code>{place}</code>
        )}
        {one.tensor !== undefined && <code>{one.tensor}</code>}
        {one.item !== undefined && (
          <span>
            item <code>{one.item}</code>
          </span>
        )}
        {Object.entries(one.numbers ?? {}).map(([name, value]) => (
          <span key={name}>
            {name.replaceAll('_', ' ')} <b>{formatNumber(value)}</b>
          </span>
        ))}
      </p>
      {open && excerpt !== undefined ? (
        <div className="excerpt" tabIndex={0} role="region" aria-label={`${place} and the lines around it`}>
          <Lines part={excerpt} target={one.line ?? null} />
        </div>
      ) : (
        one.excerpt !== undefined && <blockquote>{one.excerpt}</blockquote>
      )}
    </li>
  )
}
