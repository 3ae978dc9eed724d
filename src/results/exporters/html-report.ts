import { createHash } from 'node:crypto'
import { reportSchema, type ReportData } from '../../domain/report.ts'
import { inertLine, inertText } from '../../lib/inert-text.ts'

/** What the template has in place of the policy and the data. */
export const cspPlaceholder = '<!--ptb:csp-->'
export const dataPlaceholder = '<!--ptb:data-->'
const titlePlaceholder = /<title>[^<]*<\/title>/u

/**
 * The report as one HTML file that opens from disk: script and style are in it, and its policy allows just those, by
 * hash, and no request at all. Every text in the data is made inert, and the data is not executable where it stands.
 */
export function renderHtmlReport(template: string, data: ReportData): string {
  for (const placeholder of [cspPlaceholder, dataPlaceholder])
    if (template.split(placeholder).length !== 2) throw new Error(`the template must have one ${placeholder}`)
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(template, 'script')}`,
    `style-src ${hashesOf(template, 'style')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  // replacement by function: the text may contain "$&"
  return template
    .replace(titlePlaceholder, () => `<title>${escapeHtml(inertLine(data.title))}</title>`)
    .replace(cspPlaceholder, () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .replace(
      dataPlaceholder,
      () =>
        `<script type="application/json" id="report-data">${embedJson(makeInert(reportSchema.parse(data)))}</script>`,
    )
}

/** CSP Level 3, section 2.3.1: the hash of the element's content, byte for byte. */
function hashesOf(template: string, element: 'script' | 'style'): string {
  const elements = template.matchAll(new RegExp(`<${element}(?: [^>]*)?>([\\s\\S]*?)</${element}>`, 'gu'))
  const hashes = [...elements].map(
    ([, content]) =>
      `'sha256-${createHash('sha256')
        .update(content ?? '')
        .digest('base64')}'`,
  )
  return hashes.length === 0 ? "'none'" : hashes.join(' ')
}

/** JSON inside a script element: nothing in it may look like markup (HTML Standard, 4.12.1.3) or end a line in old parsers. */
function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function makeInert(value: unknown): unknown {
  if (typeof value === 'string') return inertText(value)
  if (Array.isArray(value)) return value.map(makeInert)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [inertText(key), makeInert(field)]))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`)
}
