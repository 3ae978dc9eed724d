import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { weightsName, type Family, type HostileCase, type MeddleAction } from './case.ts'

/** What may become of a file that a surviving process meddles with: never a crash, never somebody else's content. */
const anyEnd = [
  'sealed',
  'link',
  'hard_link',
  'special_file',
  'unreadable',
  'changed_while_sealing',
  'not_a_folder',
  'nothing_submitted',
  'too_many_files',
  'too_large',
  'no_config',
  'no_weights',
  'not_safetensors',
  'missing_shard',
  'unreadable_json',
  'broken_header',
  'header_too_large',
  'duplicate_key',
  'bad_metadata',
  'unknown_dtype',
  'bad_shape',
  'bad_offsets',
  'no_tensors',
]

const files = ['config.json', weightsName, 'tokenizer.json']
const onFiles: readonly MeddleAction[] = ['vanish', 'resize', 'rewrite', 'retype', 'chmod']

export const races: Family = {
  name: 'changes meanwhile',
  cases: [
    ...files.flatMap((file) => [
      race(`${file} and a link to a secret change places`, ['swap', `final_model/${file}`, 'bait'], 'secret'),
      ...onFiles.map((action) => race(`${file}: ${action}`, [action, `final_model/${file}`], 'secret')),
    ]),
    race(
      'final_model and a link to a good checkpoint change places',
      ['swap', 'final_model', 'bait'],
      'good',
    ),
    race('final_model and a link to a folder change places', ['swap', 'final_model', 'bait'], ''),
    race('a folder and a link to a folder change places', ['swap', 'data', 'bait'], 'like'),
    race('a folder deep down and a link change places', ['swap', 'data/deep', 'bait'], 'like/deep'),
    race('a file and a link change places', ['swap', 'data/a.jsonl', 'bait'], 'secret'),
    race('final_model vanishes', ['vanish', 'final_model'], ''),
    race('a folder vanishes', ['vanish', 'data'], ''),
    race('a file of data grows and shrinks', ['resize', 'data/a.jsonl'], ''),
    race('a folder loses its rights', ['chmod', 'data'], ''),
    {
      ...race('a folder loses its rights and changes places with a link', ['swap', 'data', 'bait'], 'like'),
      as: 'owner',
    },
  ],
}

function race(name: string, meanwhile: HostileCase['meanwhile'], target: string): HostileCase {
  return {
    name,
    make: ({ live, outside }) => {
      for (const folder of [join(live, 'data'), join(outside, 'like')]) {
        mkdirSync(join(folder, 'deep'), { recursive: true })
        for (const file of ['a.jsonl', 'deep/b.jsonl'])
          writeFileSync(
            join(folder, file),
            folder.startsWith(live) ? 'x'.repeat(64) : 'canary'.padEnd(64, '.'),
          )
      }
      symlinkSync(join(outside, target), join(live, 'bait'))
    },
    ...(meanwhile === undefined ? {} : { meanwhile }),
    refused: anyEnd,
    uncounted: true,
  }
}
