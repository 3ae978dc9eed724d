import { expect, test } from 'vitest'
import { hostile, syntheticReport } from '../../../test/fixtures/synthetic-report.ts'
import { cspPlaceholder, dataPlaceholder, renderHtmlReport } from './html-report.ts'

const template = `<!doctype html><html><head>${cspPlaceholder}<title>x</title><style>a{}</style></head><body>${dataPlaceholder}<script type="module">run("$&")</script></body></html>`

test('the policy allows the script and the style of the template by hash, and nothing else', async () => {
  const page = renderHtmlReport(template, await syntheticReport())
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(page)?.[1]
  // printf %s 'run("$&")' | openssl dgst -sha256 -binary | base64, and the same for a{}
  expect(policy).toBe(
    [
      "default-src 'none'",
      "script-src 'sha256-GRIS3dv+aNuTCWcc3fYYym1rlLLGUr3zccH9su1MnpQ='",
      "style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
  )
})

test('hostile text cannot leave the data block, and comes back inert', async () => {
  const page = renderHtmlReport(template, await syntheticReport())
  expect(page.match(/<script/gu)).toHaveLength(2)
  expect(page.match(/<\/script>/gu)).toHaveLength(2)
  expect(page).not.toMatch(
    /<img|<svg|<!-- |[\u0000-\u0009\u000b-\u001f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u,
  )
  const json = /<script type="application\/json" id="report-data">(.*?)<\/script>/su.exec(page)?.[1] ?? ''
  expect(json).not.toContain('<')
  const data: unknown = JSON.parse(json)
  expect(JSON.stringify(data)).toContain(JSON.stringify(hostile.markup).slice(1, -1))
  expect(JSON.stringify(data)).toContain(hostile.dollars)
  expect(page).toContain('<title>nano demo &#60;/script&#62;&#60;script&#62;')
})

test('refuses a template without its two places', async () => {
  const data = await syntheticReport()
  expect(() => renderHtmlReport('<html></html>', data)).toThrow('ptb:csp')
})
