import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { weightsName, type Family, type HostileCase } from './case.ts'

/** A socket's name survives the process that made it. */
const socketProgram = 'require("net").createServer().listen(process.argv[1],()=>process.kill(process.pid,9))'

const special: readonly (readonly [string, (path: string) => void])[] = [
  ['pipe', (path) => execFileSync('mkfifo', [path])],
  [
    'socket',
    (path) => {
      try {
        execFileSync(process.execPath, ['-e', socketProgram, path], { stdio: 'ignore' })
      } catch {
        // It ended itself, as it should.
      }
    },
  ],
  ['folder', (path) => mkdirSync(path)],
  ['character device', (path) => execFileSync('mknod', [path, 'c', '1', '5'])],
  ['block device', (path) => execFileSync('mknod', [path, 'b', '7', '200'])],
]
const needed = ['config.json', weightsName, 'tokenizer.json']

export const kinds: Family = {
  name: 'pipes, sockets, devices',
  cases: special.flatMap(([kind, make]) => [
    ...needed.map((name): HostileCase => ({
      name: `a ${kind} in the place of ${name}`,
      make: ({ model }) => {
        rmSync(join(model, name))
        make(join(model, name))
      },
      refused: 'special_file',
      at: name,
      archive: kind === 'folder' ? {} : { [`final_model/${name}`]: 'special' },
    })),
    {
      name: `a ${kind} in the place of final_model`,
      make: ({ model }) => {
        rmSync(model, { recursive: true })
        make(model)
      },
      refused: kind === 'folder' ? 'no_config' : 'not_a_folder',
      archive: kind === 'folder' ? {} : { final_model: 'special' },
    },
    {
      name: `a ${kind} in the workspace`,
      make: ({ live }) => make(join(live, 'train.jsonl')),
      archive: kind === 'folder' ? {} : { 'train.jsonl': 'special' },
    },
  ]),
}

function sparse(path: string, bytes: number): void {
  closeSync(openSync(path, 'a'))
  truncateSync(path, bytes)
}

const TB = 10 ** 12

export const sizes: Family = {
  name: 'sizes and numbers',
  cases: [
    ...['config.json', weightsName, 'merges.txt'].map((name): HostileCase => ({
      name: `a sparse terabyte in the place of ${name}`,
      make: ({ model }) => sparse(join(model, name), TB),
      refused: 'too_large',
      at: name,
    })),
    ...['README.md', 'optimizer.pt', 'x.py', 'notes'].map((name): HostileCase => ({
      name: `a sparse terabyte in ${name}`,
      make: ({ model }) => sparse(join(model, name), TB),
      leftOut: {
        [name]: { 'README.md': 'too_large', 'optimizer.pt': 'pickle', 'x.py': 'code' }[name] ?? 'not_needed',
      },
    })),
    ...['data.jsonl', 'cache'].map((name): HostileCase => ({
      name: `a sparse terabyte in the workspace as ${name}`,
      make: ({ live }) => sparse(join(live, name), TB),
      archive: { [name]: 'too_large' },
    })),
    {
      name: 'more names in final_model than a checkpoint has',
      make: ({ model }) => {
        for (let index = 0; index < 2_001; index++) writeFileSync(join(model, `f${index}`), '')
      },
      refused: 'too_many_files',
      uncounted: true,
    },
    {
      name: 'a hundred thousand links in one folder',
      make: ({ live }) => makeMany(live, 100_000),
      uncounted: true,
    },
    {
      name: 'a million names in one folder',
      make: ({ live }) => makeMany(live, 1_000_000),
      uncounted: true,
      tier: 'full',
    },
    {
      name: 'a deep tree in final_model',
      make: ({ model }) => mkdirSync(join(model, 'd/'.repeat(20)), { recursive: true }),
      refused: 'too_many_files',
    },
    {
      name: 'a deep tree in the workspace',
      make: ({ live }) => {
        mkdirSync(join(live, 'd/'.repeat(60)), { recursive: true })
        writeFileSync(join(live, 'd/'.repeat(60), 'f'), '')
      },
      uncounted: true,
    },
    {
      name: 'a tree deeper than paths can be',
      make: ({ live }) =>
        execFileSync(
          'sh',
          [
            '-c',
            'for i in $(seq 40); do mkdir "$1" && cd "$1" || break; done 2>/dev/null; echo x > f',
            'sh',
            'd'.repeat(200),
          ],
          {
            cwd: live,
          },
        ),
      uncounted: true,
    },
    {
      name: 'a thousand empty folders',
      make: ({ live }) => {
        for (let index = 0; index < 1_000; index++) mkdirSync(join(live, `d${index}`))
      },
      archive: {},
    },
  ],
}

function makeMany(live: string, count: number): void {
  mkdirSync(join(live, 'many'))
  for (let index = 0; index < count; index++) symlinkSync('x', join(live, 'many', String(index)))
}

const modes: readonly (readonly [string, number])[] = [
  ['no rights', 0o000],
  ['write only', 0o200],
  ['execute only', 0o100],
  ['set-uid, set-gid and sticky', 0o7777],
]
const targets = [
  'final_model',
  'final_model/config.json',
  'final_model/model.safetensors',
  'data',
  'data/a.jsonl',
  '.',
]

export const permissions: Family = {
  name: 'permissions',
  cases: targets.flatMap((target) =>
    [...modes, ...(target.includes('.j') ? [] : [['read only', 0o400] as const])].flatMap(([what, mode]) =>
      (['owner', undefined] as const).map((as): HostileCase => ({
        name: `${what} on ${target}${as === undefined ? '' : ', for its owner'}`,
        make: ({ live }) => {
          mkdirSync(join(live, 'data'))
          writeFileSync(join(live, 'data/a.jsonl'), '{}')
          chmodSync(join(live, target), mode)
        },
        ...(as === undefined ? {} : { as }),
        archive: {},
        holds: ['data/a.jsonl', 'final_model/config.json'],
      })),
    ),
  ),
}
