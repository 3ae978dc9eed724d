import type { ReactElement } from 'react'
import type { Evidence, Finding } from '../../src/domain/finding.ts'
import type { ReportRun } from '../../src/domain/report.ts'
import { formatNumber, formatTime } from './format.ts'

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

export function Findings({ run }: { readonly run: ReportRun }): ReactElement {
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
              <FindingItem key={index} finding={finding} />
            ))}
          </ol>
          <p className="empty">{checked}</p>
        </>
      )}
      {run.withheld && run.findings.length > 0 && (
        <p className="empty">
          Excerpts and item names are left out: the items of this benchmark may not be published.
        </p>
      )}
    </>
  )
}

function FindingItem({ finding }: { readonly finding: Finding }): ReactElement {
  const [first, ...rest] = [finding.evidence.slice(0, 5), finding.evidence.slice(5)]
  const more = rest.flat()
  return (
    <li>
      <p>
        <code>
          {finding.detector}/{finding.kind}
        </code>{' '}
        <span className="measure">measure {formatNumber(finding.measure)}</span>
      </p>
      <p className="text">{finding.summary}</p>
      <EvidenceList evidence={first ?? []} />
      {more.length > 0 && (
        <details>
          <summary>{more.length} more</summary>
          <EvidenceList evidence={more} />
        </details>
      )}
    </li>
  )
}

function EvidenceList({ evidence }: { readonly evidence: readonly Evidence[] }): ReactElement {
  return (
    <ul className="evidence">
      {evidence.map((piece, index) => (
        <li key={index}>
          <p>
            {piece.file !== undefined && (
              <code>
                {piece.file}
                {piece.line === undefined ? '' : `:${piece.line}`}
              </code>
            )}
            {piece.tensor !== undefined && <code>{piece.tensor}</code>}
            {piece.item !== undefined && (
              <span>
                item <code>{piece.item}</code>
              </span>
            )}
            {Object.entries(piece.numbers ?? {}).map(([name, value]) => (
              <span key={name}>
                {name} <b>{formatNumber(value)}</b>
              </span>
            ))}
          </p>
          {piece.excerpt !== undefined && <blockquote>{piece.excerpt}</blockquote>}
        </li>
      ))}
    </ul>
  )
}
