import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTrajectoryReader } from '../../src/agents/trajectory-reader.ts'
import type { Benchmark } from '../../src/domain/benchmark.ts'
import { trajectorySchema } from '../../src/domain/trajectory.ts'
import { benchmarks } from '../../src/benchmarks/registry.ts'
import { isBinary, keepStrings } from '../../src/lib/binary-strings.ts'
import { inertLine, inertText } from '../../src/lib/inert-text.ts'
import { parseJsonl } from '../../src/lib/jsonl.ts'
import { createRedactor } from '../../src/lib/redact.ts'
import { readIndex, readSafetensorsHeader, SafetensorsError } from '../../src/lib/safetensors.ts'
import { scanWords } from '../../src/lib/scan-words.ts'
import { secretForms } from '../../src/lib/secret-forms.ts'
import { parseStrictJson, StrictJsonError } from '../../src/lib/strict-json.ts'
import { gatewayTargets } from './gateway-targets.ts'
import { drawing, scoringTools } from '../fakes/scoring.ts'
import { wordsOf } from '../../src/lib/words.ts'

/** Something of ours that reads bytes of an agent's. */
export interface Target {
  readonly name: string
  /** Inputs as they ought to be; what is tried are these, damaged. */
  readonly seeds: readonly Uint8Array[]
  /** Reads `bytes`. Throws only what `allowed` names. `file` may be written. */
  read(bytes: Buffer, file: string): unknown
  readonly allowed: readonly (new (...args: never[]) => Error)[]
}

const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\n'))

function safetensors(header: string, bytes = 64): Buffer {
  const json = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(bytes)])
}

const generated: readonly Benchmark[] = benchmarks.filter(
  (benchmark: Benchmark) => benchmark.datasets === undefined,
)
const fuzzedSecret = 'sk-"é\\%/ +8d1f0c'
const redactor = createRedactor([fuzzedSecret])

const samples = await Promise.all(
  generated.map(async (benchmark) => {
    const { test } = await benchmark.load(drawing({ train: 0, test: 4, shadow: 0 }))
    return { benchmark, test }
  }),
)

const recorded = join(import.meta.dirname, '../fixtures/transcripts')
const transcripts = await Promise.all(
  (await readdir(recorded)).map(async (name) => await readFile(join(recorded, name, 'out.jsonl'))),
)

export const targets: readonly Target[] = [
  ...gatewayTargets,
  {
    name: 'JSON',
    seeds: [text('{"a":[1,2.5e3,null,true],"b":{"c":"\\u00e9\\n"}}'), text('[[[[[]]]]]'), text('"x"')],
    read: (bytes) => parseStrictJson(bytes),
    allowed: [StrictJsonError],
  },
  {
    name: 'JSON lines',
    seeds: [text('{"seq":1,"at":"x"}', '{"seq":2}', ''), text('', '', '{"a"')],
    read: (bytes) => parseJsonl(bytes.toString('utf8')),
    allowed: [],
  },
  {
    name: 'safetensors header',
    seeds: [
      safetensors('{"w":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}}'),
      safetensors('{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[32],"data_offsets":[0,64]}}'),
    ],
    async read(bytes, file) {
      await writeFile(file, bytes)
      return await readSafetensorsHeader(file)
    },
    allowed: [SafetensorsError],
  },
  {
    name: 'index of shards',
    seeds: [text('{"metadata":{"total_size":1},"weight_map":{"a":"model-00001-of-00002.safetensors"}}')],
    async read(bytes, file) {
      await writeFile(file, bytes)
      return await readIndex(file)
    },
    allowed: [SafetensorsError],
  },
  {
    name: 'words',
    seeds: [text('Otis has 15 coins.\\n"Déjà vu" \\u00e9'), text('{"messages":[{"content":"a\\tb"}]}')],
    read: (bytes) => wordsOf(bytes.toString('utf8')),
    allowed: [],
  },
  {
    name: 'words of a file',
    seeds: [
      text('plain'),
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1]),
    ],
    async read(bytes, file) {
      await writeFile(file, bytes)
      return await scanWords(file, { word() {} }, 1024 ** 2)
    },
    allowed: [],
  },
  {
    name: 'strings of a binary',
    seeds: [Buffer.from('\0\u0001Play happy dög.\0\n'), Buffer.alloc(64, 0xff)],
    read: (bytes) => (isBinary(bytes) ? keepStrings(bytes) : bytes),
    allowed: [],
  },
  {
    name: 'text to be shown',
    seeds: [
      text('\u001b[31mred\u001b[0m \u202eevil\u202c \u009b1m'),
      text('\u001b]0;title\u0007 \r\n \u001bP q'),
    ],
    read: (bytes) => {
      const shown = inertText(bytes.toString('utf8')) + inertLine(bytes.toString('latin1'))
      // oxlint-disable-next-line no-control-regex
      if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(shown))
        throw new TypeError('something that is not inert was let through')
      return shown
    },
    allowed: [],
  },
  {
    name: 'text with a secret',
    seeds: [
      text(JSON.stringify({ key: fuzzedSecret })),
      text(JSON.stringify(JSON.stringify(fuzzedSecret)), encodeURIComponent(fuzzedSecret)),
      text(Buffer.from(fuzzedSecret).toString('base64'), Buffer.from(fuzzedSecret).toString('hex')),
      text('sk-\\\\\\u0022%2522', fuzzedSecret),
    ],
    read(bytes) {
      const stream = redactor.stream()
      const cut = bytes.length === 0 ? 0 : bytes.readUInt8(0) % bytes.length
      const [first, second] = [stream.push(bytes.subarray(0, cut)), stream.push(bytes.subarray(cut))]
      const clean = Buffer.concat([first, second, stream.end()])
      const whole = redactor.stream()
      if (!clean.equals(Buffer.concat([whole.push(bytes), whole.end()])))
        throw new TypeError('what is hidden depends on where the text was cut')
      if (secretForms(fuzzedSecret).some((form) => clean.includes(form.bytes)))
        throw new TypeError('a form of the secret was let through')
    },
    allowed: [],
  },
  {
    name: 'output of an agent CLI',
    seeds: transcripts,
    read(bytes) {
      const reader = createTrajectoryReader({ format: null })
      reader.push(bytes)
      const { error } = trajectorySchema.safeParse(JSON.parse(JSON.stringify(reader.end().trajectory)))
      if (error !== undefined) throw new TypeError(`no valid trajectory: ${error.message}`)
    },
    allowed: [],
  },
  ...samples.map(({ benchmark, test }): Target => ({
    name: `answers to ${benchmark.id}`,
    seeds: test.map((item) => Buffer.from(item.completion ?? item.target)),
    async read(bytes) {
      for (const item of test) {
        const { value } = await benchmark.score(item, { text: bytes.toString('utf8') }, scoringTools)
        if (!(value >= 0 && value <= 1)) throw new TypeError(`a score of ${value}`)
      }
    },
    allowed: [],
  })),
]
