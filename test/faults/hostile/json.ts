import { writeIn, type Family, type HostileCase } from './case.ts'

const MiB = 1024 ** 2

/** Texts that are made when they are needed: some are large. */
const unreadable: readonly (readonly [string, () => string | Uint8Array])[] = [
  ['nothing', () => ''],
  ['a word', () => 'x'],
  ['a list', () => '[]'],
  ['null', () => 'null'],
  ['a number', () => '1'],
  ['a string', () => '"config"'],
  ['NaN', () => '{"a":NaN}'],
  ['a comment', () => '{/* */}'],
  ['a comma too many', () => '{"a":1,}'],
  ['a byte order mark', () => '\ufeff{}'],
  ['UTF-16', () => Buffer.from('{"a":1}', 'utf16le')],
  ['UTF-16 with its mark', () => Buffer.from('\ufeff{}', 'utf16le')],
  ['Latin-1', () => Buffer.from('{"a":"\u00fc"}', 'latin1')],
  ['NUL', () => '{}\0'],
  ['zeros', () => Buffer.alloc(4096)],
  ['a text without its end', () => '{"a":"'],
  ['two objects', () => '{}{}'],
  ['a key twice', () => '{"a":1,"a":2}'],
  ['a key twice, once with escapes', () => String.raw`{"a":1,"\u0061":2}`],
  ['a key twice, deep down', () => '{"a":[{"b":{"c":1,"c":1}}]}'],
  ['a key of a megabyte twice', () => `{"${'k'.repeat(MiB)}":1,"${'k'.repeat(MiB)}":2}`],
  ['65 levels', () => `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
  ['20 MiB of brackets', () => `{"a":${'['.repeat(20 * MiB)}`],
  ['a million levels, all closed', () => `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`],
  ['twenty million numbers', () => `{"a":[${'0,'.repeat(2e7)}0]}`],
  ['fifteen million objects', () => `{"a":[${'{},'.repeat(1.5e7)}{}]}`],
]
const absurd: readonly (readonly [string, string, string])[] = [
  ['infinite temperature', 'generation_config.json', '{"temperature":1e999}'],
  ['negative temperature', 'generation_config.json', '{"temperature":-1}'],
  ['a temperature of text', 'generation_config.json', String.raw`{"temperature":"\u001b[2J"}`],
  ['endless answers', 'generation_config.json', '{"max_new_tokens":1e308,"eos_token_id":[]}'],
  ['no tokens', 'generation_config.json', '{"suppress_tokens":[0,1,2],"min_length":9e15}'],
  ['no layers', 'config.json', '{"num_hidden_layers":0}'],
  ['layers without end', 'config.json', '{"num_hidden_layers":1e308}'],
  ['a negative vocabulary', 'config.json', '{"vocab_size":-1}'],
  ['an empty configuration', 'config.json', '{}'],
  ['another architecture', 'config.json', '{"model_type":"../../x","architectures":["os.system"]}'],
  ['keys of objects', 'config.json', '{"__proto__":{"auto":1},"constructor":{"prototype":1}}'],
  ['lone surrogates', 'config.json', String.raw`{"\ud800":"\udfff"}`],
  ['64 levels', 'config.json', `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`],
  ['a text of 30 MiB', 'config.json', `{"a":"${'x'.repeat(30 * MiB)}"}`],
  ['blanks for 30 MiB', 'config.json', `{${' '.repeat(30 * MiB)}}`],
  [
    'an escaped template',
    'tokenizer_config.json',
    String.raw`{"chat_template":"{{\u0027\u0027.__class__}}"}`,
  ],
  ['quotes for 10 MiB', 'config.json', `{"a":"${String.raw`\"`.repeat(5 * MiB)}"}`],
  ['backslashes for 10 MiB', 'config.json', `{"a":"${'\\'.repeat(10 * MiB)}"}`],
]

export const json: Family = {
  name: 'JSON and settings',
  cases: [
    ...unreadable.map(([what, text]): HostileCase => ({
      name: `config.json with ${what}`,
      make: (scene) => writeIn(scene, 'config.json', text()),
      refused: 'unreadable_json',
      at: 'config.json',
    })),
    ...['generation_config.json', 'tokenizer.json', 'vocab.json', 'special_tokens_map.json'].map(
      (file): HostileCase => ({
        name: `${file} that is not JSON`,
        make: (scene) => writeIn(scene, file, '\u001b[2J'),
        refused: 'unreadable_json',
        at: file,
      }),
    ),
    ...absurd.map(([what, file, text]): HostileCase => ({
      name: `${file} with ${what}`,
      make: (scene) => writeIn(scene, file, text),
    })),
    {
      name: 'a vocabulary of two million words',
      make: (scene) =>
        writeIn(
          scene,
          'vocab.json',
          `{${Array.from({ length: 2e6 }, (_, index) => `"${index}":0`).join(',')}}`,
        ),
      refused: 'unreadable_json',
      at: 'vocab.json',
    },
  ],
}
