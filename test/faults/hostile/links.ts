import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeTensors, writeCheckpoint } from '../../fixtures/checkpoint.ts'
import {
  goodTensors,
  indexName,
  oneTensor,
  weightsName,
  writeIn,
  type Family,
  type HostileCase,
  type Scene,
} from './case.ts'

const required = ['config.json', weightsName, 'tokenizer.json', 'generation_config.json', 'merges.txt']
const optional = ['README.md', 'LICENSE', 'run.py', 'pytorch_model.bin']

/** Ways to make a link at `path`; those that lead to the secret must not give it away. */
const kinds: readonly (readonly [string, (path: string, scene: Scene) => void])[] = [
  ['absolute link', (path, { secret }) => symlinkSync(secret, path)],
  ['relative link', (path) => symlinkSync('../../../outside/secret', path)],
  ['link to itself', (path) => symlinkSync(path, path)],
  ['dangling link', (path) => symlinkSync('/nowhere/at/all', path)],
  ['link to a folder', (path, { outside }) => symlinkSync(outside, path)],
  ['link to an endless device', (path) => symlinkSync('/dev/zero', path)],
  ['link into its own process', (path) => symlinkSync('/proc/self/environ', path)],
  [
    'chain of links',
    (path, { live, secret }) => {
      symlinkSync(secret, join(live, 'hop-0'))
      for (let hop = 1; hop < 50; hop++) symlinkSync(`hop-${hop - 1}`, join(live, `hop-${hop}`))
      symlinkSync(join(live, 'hop-49'), path)
    },
  ],
]

function atName(name: string): HostileCase[] {
  return kinds.map(([kind, make]) => ({
    name: `${kind} in the place of ${name}`,
    make: (scene) => {
      rmSync(join(scene.model, name), { force: true })
      make(join(scene.model, name), scene)
    },
    ...(required.includes(name) ? { refused: 'link', at: name } : { leftOut: { [name]: 'link' } }),
    ...(kind === 'chain of links' ? {} : { archive: { [`final_model/${name}`]: 'link' } }),
  }))
}

const places: readonly (readonly [string, string, (scene: Scene) => string])[] = [
  ['final_model', 'a folder outside', ({ outside }) => join(outside, 'good')],
  ['final_model', 'a file outside', ({ secret }) => secret],
  ['final_model', 'itself', ({ model }) => model],
  ['final_model', 'the workspace', () => '.'],
  ['final_model', 'the root', () => '/'],
  ['final_model', 'nowhere', () => '/nowhere'],
  ['final_model', 'a good checkpoint within', () => 'kept'],
  ['the workspace', 'a folder outside', ({ outside }) => outside],
  ['the workspace', 'itself', () => 'live'],
  ['the workspace', 'the attempt', () => '.'],
  ['the workspace', 'nowhere', () => '/nowhere'],
]

export const links: Family = {
  name: 'links',
  cases: [
    ...[...required, ...optional].flatMap(atName),
    ...places.map(([place, to, target]): HostileCase => ({
      name: `${place} is a link to ${to}`,
      make: async (scene) => {
        if (to === 'a good checkpoint within') renameSync(scene.model, join(scene.live, 'kept'))
        await writeCheckpoint(join(scene.outside, 'good'), goodTensors)
        const path = place === 'final_model' ? scene.model : scene.live
        rmSync(path, { recursive: true, force: true })
        symlinkSync(target(scene), path)
      },
      refused: 'link',
      archive: place === 'final_model' ? { final_model: 'link' } : {},
    })),
    {
      name: 'a shard that is a link',
      make: (scene) => {
        rmSync(join(scene.model, weightsName))
        symlinkSync(scene.secret, join(scene.model, 'a.safetensors'))
        writeIn(scene, indexName, '{"weight_map":{"a":"a.safetensors"}}')
      },
      refused: 'link',
      at: 'a.safetensors',
    },
    {
      name: 'links with hostile targets in the workspace',
      make: ({ live }) => {
        for (const [index, target] of ['\u001b[2J', '\u202ereversed', 'x'.repeat(4_000), '%0a\n'].entries())
          symlinkSync(target, join(live, `l${index}`))
      },
      archive: { l0: 'link', l1: 'link', l2: 'link', l3: 'link' },
    },
  ],
}

export const hardLinks: Family = {
  name: 'hard links',
  cases: [
    ...required.map((name): HostileCase => ({
      name: `${name} is a hard link to a file outside`,
      make: ({ model, secret }) => {
        rmSync(join(model, name), { force: true })
        linkSync(secret, join(model, name))
      },
      refused: 'hard_link',
      at: name,
      archive: { [`final_model/${name}`]: 'hard_link' },
    })),
    ...['config.json', weightsName].map((name): HostileCase => ({
      name: `${name} has a second name in the workspace`,
      make: ({ live, model }) => linkSync(join(model, name), join(live, 'second')),
      archive: {},
    })),
    {
      name: 'a second name in the workspace and a third outside',
      make: ({ live, model, outside }) => {
        linkSync(join(model, weightsName), join(live, 'second'))
        linkSync(join(model, weightsName), join(outside, 'third'))
      },
      refused: 'hard_link',
      at: weightsName,
      archive: { 'final_model/model.safetensors': 'hard_link', second: 'hard_link' },
    },
    {
      name: 'two shards that are one file',
      make: ({ model }) => {
        rmSync(join(model, weightsName))
        writeFileSync(join(model, 'a.safetensors'), oneTensor('a'))
        linkSync(join(model, 'a.safetensors'), join(model, 'b.safetensors'))
        writeFileSync(join(model, indexName), '{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}')
      },
      refused: 'index_mismatch',
      at: indexName,
    },
    {
      name: 'a doc that is a hard link to a file outside stays behind',
      make: ({ model, secret }) => linkSync(secret, join(model, 'README.md')),
      leftOut: { 'README.md': 'hard_link' },
      archive: { 'final_model/README.md': 'hard_link' },
    },
    {
      name: 'a workspace full of names of one file outside',
      make: ({ live, secret }) => {
        mkdirSync(join(live, 'many'))
        for (let index = 0; index < 500; index++) linkSync(secret, join(live, 'many', `${index}.jsonl`))
      },
    },
    {
      name: 'weights kept by hard links of a trainer',
      make: ({ live, model }) => {
        mkdirSync(join(live, 'checkpoint-1'))
        writeFileSync(join(live, 'checkpoint-1', weightsName), encodeTensors(goodTensors))
        rmSync(join(model, weightsName))
        linkSync(join(live, 'checkpoint-1', weightsName), join(model, weightsName))
      },
      archive: {},
    },
  ],
}
