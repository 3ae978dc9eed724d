import { expect, it } from 'vitest'
import { createDownloadView, renderProgress } from './download-view.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  let at = 0
  const stream = { isTTY, columns: 100, write: (text: string) => written.push(text) > 0 }
  const view = createDownloadView({ label: 'x', stream, now: () => at })
  return { view, written, wait: (ms: number) => (at += ms) }
}

it('says how much, how fast and how long', () => {
  const progress = { label: 'x', bytes: 2 ** 30, totalBytes: 2 ** 31, bytesPerSecond: 2 ** 24, bar: true }
  expect(renderProgress(progress)).toBe(
    'x  [##########----------]  50 %  1 GiB of 2 GiB  16 MiB/s  1 min 4 s left',
  )
})

it('knows no end where nobody said one', () => {
  const progress = { label: 'x', bytes: 2048, totalBytes: null, bytesPerSecond: null, bar: true }
  expect(renderProgress(progress)).toBe('x  2 KiB')
})

it('draws one line again on a terminal', () => {
  const { view, written, wait } = record(true)
  view.begin(1000, 0)
  wait(1000)
  view.add(500)
  expect(written.at(-1)).toMatch(/^\rx {2}\[#{10}-{10}\] {2}50 %.*500 bytes\/s.*left\u001b\[K$/)
})

it('writes plain lines, and few, elsewhere', () => {
  const { view, written, wait } = record(false)
  view.begin(1000, 0)
  for (let second = 0; second < 60; second++) {
    wait(1000)
    view.add(10)
  }
  view.file('model.safetensors')
  view.end()
  expect(written).toHaveLength(4)
  expect(written.join('')).not.toContain('\u001b')
  expect(written.at(-1)).toBe('x: model.safetensors\n')
})
