import { safetensorsBytes } from '../../fixtures/checkpoint.ts'
import { encodeTensors } from '../../fixtures/checkpoint.ts'
import { weightsName, writeIn, type Family, type HostileCase } from './case.ts'

type Fields = Readonly<Record<string, unknown>>

/** One tensor of four bytes whose description is changed. */
const one = (fields: Fields, bytes = 4): Buffer =>
  safetensorsBytes({ a: { dtype: 'U8', shape: [4], data_offsets: [0, 4], ...fields } }, Buffer.alloc(bytes))
const two = (first: unknown, second: unknown): Buffer =>
  safetensorsBytes(
    {
      a: { dtype: 'U8', shape: [4], data_offsets: first },
      b: { dtype: 'U8', shape: [4], data_offsets: second },
    },
    Buffer.alloc(8),
  )
const text = (header: string, bytes = 0, length?: bigint): Buffer =>
  safetensorsBytes(header, Buffer.alloc(bytes), length)

const offsets: readonly (readonly [string, unknown])[] = [
  ['negative', [-4, 0]],
  ['reversed', [4, 0]],
  ['fractional', [0.5, 4.5]],
  ['strings', ['0', '4']],
  ['null', null],
  ['one', [0]],
  ['three', [0, 4, 8]],
  ['an object', { 0: 0, 1: 4 }],
  ['beyond the file', [0, 400]],
  ['beyond exact integers', [2 ** 53, 2 ** 53 + 4]],
  ['nested', [[0], [4]]],
  ['not from the start', [1, 5]],
]
const shapes: readonly (readonly [string, unknown])[] = [
  ['negative', [-4]],
  ['fractional', [4.5]],
  ['a string', '4'],
  ['null', null],
  ['strings', ['4']],
  ['nested', [[4]]],
  ['beyond exact integers', [2 ** 53]],
  ['a product beyond exact integers', [2 ** 30, 2 ** 30]],
  ['an infinite product', Array(16).fill(2 ** 52)],
  ['a huge product made nothing by a zero at its end', [2 ** 52, 2 ** 52, 0]],
  ['of 17 dimensions', Array(17).fill(1)],
  ['of a million dimensions', Array(1_000_000).fill(1)],
]
const dtypes: readonly (readonly [string, unknown])[] = [
  ['unknown', 'F128'],
  ['empty', ''],
  ['in lower case', 'u8'],
  ['null', null],
  ['a number', 8],
  ['a list', ['U8']],
  ['an object whose conversions are no functions', { toString: 1, valueOf: 1 }],
  ['a property of objects', '__proto__'],
  ['a megabyte long', 'U'.repeat(2 ** 20)],
]
const files: readonly (readonly [string, Buffer, string])[] = [
  ['empty', Buffer.alloc(0), 'broken_header'],
  ['seven bytes', Buffer.alloc(7), 'broken_header'],
  ['zeros', Buffer.alloc(4096), 'broken_header'],
  ['all ones', Buffer.alloc(4096, 0xff), 'header_too_large'],
  ['a header of 100 MB', text('{}', 100, 100_000_000n), 'header_too_large'],
  ['a header of 2^63 bytes', text('{}', 0, 2n ** 63n), 'header_too_large'],
  ['a header beyond the file', text('{}', 9, 5_000n), 'broken_header'],
  ['a header of no bytes', text('', 16, 0n), 'broken_header'],
  ['a header that is cut', text('{"a":{"dtype"', 9), 'broken_header'],
  ['a header with NUL after it', text('{}\0\0\0\0'), 'broken_header'],
  ['a header after a blank', text(' {"a":{}}'), 'broken_header'],
  ['a header after a byte order mark', text('\ufeff{"a":{}}'), 'broken_header'],
  ['a header that is a list', text('[1,2,3]'), 'broken_header'],
  ['a header of invalid UTF-8', safetensorsBytes('{"a', Buffer.from('fffe227d', 'hex'), 7n), 'broken_header'],
  ['a deep header', text(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`), 'broken_header'],
  ['15 MiB of brackets', text(`{"a":${'['.repeat(15 * 1024 ** 2)}`), 'broken_header'],
  ['15 MiB of objects', text(`{"a":[${'{},'.repeat(5 * 1024 ** 2)}{}]}`), 'broken_header'],
  ['a tensor given twice', text('{"a":{"dtype":"U8"},"a":{"dtype":"U8"}}'), 'duplicate_key'],
  [
    'a field given twice',
    text('{"a":{"dtype":"U8","dtype":"F32","shape":[],"data_offsets":[0,1]}}', 1),
    'duplicate_key',
  ],
  ['no tensors', text('{}        '), 'no_tensors'],
  ['metadata alone', text('{"__metadata__":{"format":"pt"}}'), 'no_tensors'],
  ['metadata that is a number', text('{"__metadata__":1}'), 'bad_metadata'],
  ['metadata that is nested', text('{"__metadata__":{"a":{"b":"c"}}}'), 'bad_metadata'],
  ['overlapping tensors', two([0, 4], [0, 4]), 'bad_offsets'],
  ['tensors that overlap by a byte', two([0, 4], [3, 7]), 'bad_offsets'],
  ['a gap between tensors', two([0, 4], [5, 9]), 'bad_offsets'],
  ['bytes after the last tensor', one({}, 5), 'bad_offsets'],
  ['a byte too few', one({}, 3), 'bad_offsets'],
  ['terabytes that are not there', one({ shape: [2 ** 42], data_offsets: [0, 2 ** 42] }), 'bad_offsets'],
  ['an unknown field', one({ strides: [1] }), 'broken_header'],
  ['a tensor that is a list', text('{"a":[]}    '), 'broken_header'],
  ['a tensor that is null', text('{"a":null}'), 'broken_header'],
  ['a name of a megabyte', text(`{"${'n'.repeat(2 ** 20)}":{}}`), 'broken_header'],
  [
    'more tensors than any model has',
    text(
      `{${Array.from({ length: 60_000 }, (_, index) => `"${index}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
    ),
    'broken_header',
  ],
]
const weird = [Number.NaN, Infinity, -Infinity, -0, 3.4e38, 1e-45]

export const headers: Family = {
  name: 'safetensors',
  cases: [
    ...offsets.map(([what, value]) =>
      refuse(`offsets that are ${what}`, one({ data_offsets: value }), 'bad_offsets'),
    ),
    ...shapes.map(([what, value]) =>
      refuse(
        `a shape that is ${what}`,
        one(
          { shape: value, ...(what.startsWith('a huge') ? { data_offsets: [0, 0] } : {}) },
          what.startsWith('a huge') ? 0 : 4,
        ),
        'bad_shape',
      ),
    ),
    ...dtypes.map(([what, value]) =>
      refuse(`a dtype that is ${what}`, one({ dtype: value }), 'unknown_dtype'),
    ),
    ...files.map(([what, bytes, reason]) => refuse(`a file with ${what}`, bytes, reason)),
    ...['__proto__', 'constructor', '\ud800', '../../x', '\u001b[2J', ''].map((name): HostileCase => ({
      name: `a tensor called ${JSON.stringify(name)}`,
      make: (scene) =>
        writeIn(
          scene,
          weightsName,
          text(`{${JSON.stringify(name)}:{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 4),
        ),
    })),
    ...weird.map((value): HostileCase => ({
      name: `weights that are all ${Object.is(value, -0) ? '-0' : value}`,
      make: (scene) =>
        writeIn(scene, weightsName, encodeTensors({ a: { shape: [4], values: Array(4).fill(value) } })),
    })),
    {
      name: 'weights without a single element',
      make: (scene) => writeIn(scene, weightsName, one({ shape: [0], data_offsets: [0, 0] }, 0)),
    },
  ],
}

function refuse(name: string, bytes: Buffer, reason: string): HostileCase {
  return { name, make: (scene) => writeIn(scene, weightsName, bytes), refused: reason, at: weightsName }
}
