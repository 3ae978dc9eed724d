import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonToLeaveOut } from '../../../src/run/phases/seal-names.ts'
import type { Family, HostileCase } from './case.ts'

/** Name on the disk → name in the record and in the archive. */
const table: readonly (readonly [what: string, name: Buffer | string, shown: string])[] = [
  ['a newline', 'a\nb', 'a%0ab'],
  ['a carriage return', 'a\rb', 'a%0db'],
  ['a tab', 'a\tb', 'a%09b'],
  ['a terminal escape', '\u001b[2Jx', '%1b[2Jx'],
  ['a bell', '\u0007', '%07'],
  ['an override of direction', '\u202egnp.py', '%e2%80%aegnp.py'],
  ['a zero width space', 'a\u200bb', 'a%e2%80%8bb'],
  ['a byte order mark', '\ufeffa', '%ef%bb%bfa'],
  ['a percent sign', '%2e%2e', '%252e%252e'],
  ['invalid UTF-8', Buffer.from([0xff, 0xfe]), '%ff%fe'],
  ['an overlong slash', Buffer.from([0x61, 0xc0, 0xaf, 0x62]), 'a%c0%afb'],
  ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80]), '%ed%a0%80'],
  ['an option', '-rf', '-rf'],
  ['a long option', '--help', '--help'],
  ['three dots', '...', '...'],
  ['a blank', ' ', ' '],
  ['a tilde', '~', '~'],
  ['a backslash', '..\\..\\x', '..\\..\\x'],
  ['a shell command', '$(reboot)`id`;&', '$(reboot)`id`;&'],
  ['a star', '*', '*'],
  ['a reserved device', 'CON', 'CON'],
  ['a property of objects', '__proto__', '__proto__'],
  ['a method of objects', 'constructor', 'constructor'],
  ['the name of the record', 'seal.json', 'seal.json'],
  ['the name of our copy', 'workspace.partial', 'workspace.partial'],
  ['markup', '<script>', '<script>'],
  ['as many bytes as a name may have', 'n'.repeat(255), 'n'.repeat(255)],
  ['emoji', '💥'.repeat(60), '💥'.repeat(60)],
]

export const names: Family = {
  name: 'names',
  cases: [
    ...table.map(([what, name, shown]): HostileCase => ({
      name: `${what} as a name, everywhere`,
      make: ({ live, model }) => {
        for (const folder of [live, model]) writeFileSync(at(folder, name), 'x')
        mkdirSync(at(live, 'sub'))
        mkdirSync(at(join(live, 'sub'), name))
        writeFileSync(at(at(join(live, 'sub'), name), 'f'), 'x')
      },
      leftOut: { [shown]: reasonToLeaveOut(shown) },
      archive: {},
      holds: [shown, `final_model/${shown}`, `sub/${shown}/f`],
    })),
    {
      name: '255 bytes that cannot be shown',
      make: ({ live }) => {
        for (const last of [1, 2])
          writeFileSync(at(live, Buffer.concat([Buffer.alloc(254, 0xff), Buffer.from([last])])), 'x')
      },
      archive: {},
    },
    {
      name: 'names that escaping makes longer than a path',
      make: ({ live }) => {
        let folder: Buffer = Buffer.from(live)
        for (let depth = 0; depth < 25; depth++) {
          folder = at(folder, Buffer.alloc(100, 0xff))
          mkdirSync(folder)
        }
        writeFileSync(at(folder, 'f'), 'x')
      },
      uncounted: true,
    },
    ...(
      [
        ['Config.json', 'Config.json', 'not_needed'],
        ['MODEL.safetensors', 'MODEL.safetensors', 'superseded'],
        ['config.json ', 'config.json ', 'not_needed'],
        ['config.json\n', 'config.json%0a', 'not_needed'],
        ['tokenizer.json.bak', 'tokenizer.json.bak', 'not_needed'],
        ['сonfig.json', 'сonfig.json', 'not_needed'],
      ] as const
    ).map(([name, shown, why]): HostileCase => ({
      name: `${JSON.stringify(name)} beside the real one`,
      make: ({ model }) => writeFileSync(join(model, name), '{"auto_map":{}}'),
      leftOut: { [shown]: why },
    })),
  ],
}

function at(folder: string | Buffer, name: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)])
}
