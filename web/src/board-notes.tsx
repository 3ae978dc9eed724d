import type { ReactElement } from 'react'
import type { Leaderboard } from '../../src/domain/leaderboard.ts'
import { formatNumber } from './format.ts'

function isGrave(note: string): boolean {
  return /^(?:Not isolated|Not proven|Incomplete)/u.test(note)
}

/** What must be seen before the numbers are. */
export function Warnings({ board }: { readonly board: Leaderboard }): ReactElement | null {
  const notes = board.notes.filter(isGrave)
  if (notes.length === 0) return null
  return (
    <ul className="callout" aria-label="Warnings">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  )
}

export function ReadingNotes({ board }: { readonly board: Leaderboard }): ReactElement {
  return (
    <ul className="notes">
      {board.notes
        .filter((note) => !isGrave(note))
        .map((note) => (
          <li key={note}>{note}</li>
        ))}
      {board.problems.map(({ experiment, path, message }) => (
        <li key={`${experiment}/${path}/${message}`} className="problem">
          <code>
            {experiment}/{path}
          </code>
          : {message}
        </li>
      ))}
    </ul>
  )
}

export function ProtocolSection(props: { readonly board: Leaderboard; readonly text: string }): ReactElement {
  const { board, text } = props
  return (
    <section aria-labelledby="protocol-title">
      <h2 id="protocol-title">Protocol</h2>
      <p className="empty">
        {board.protocol.title} · {board.protocol.id} <code>{board.protocol.hash.slice(0, 16)}</code> · harness{' '}
        {board.harnessVersions.join(', ') || 'unknown'} · bootstrap seed {board.interval.seed}
      </p>
      <table className="benchmarks">
        <thead>
          <tr>
            <th scope="col">benchmark</th>
            <th scope="col" className="number">
              version
            </th>
            <th scope="col" className="number">
              items
            </th>
            <th scope="col" className="number">
              weight
            </th>
            <th scope="col" className="number">
              instruct − base
            </th>
          </tr>
        </thead>
        <tbody>
          {board.benchmarks.map(({ id, version, items, weight, gap }) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td className="number">{version}</td>
              <td className="number">{formatNumber(items)}</td>
              <td className="number">{weight.toFixed(4)}</td>
              <td className="number">{gap === null ? '–' : gap.toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {text !== '' && (
        <details>
          <summary>The protocol file</summary>
          <pre tabIndex={0} role="region" aria-label="The protocol file">
            {text}
          </pre>
        </details>
      )}
    </section>
  )
}
