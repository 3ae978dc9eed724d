import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BenchError } from '../../domain/error.ts'
import type { KnownNames } from './experiment-checks.ts'
import { readExperimentFile } from './experiment-file.ts'

const valid = `name: first
protocol: nano-v1
baseModels: [nano-base]
agents:
  mine: { path: agents/mine }
budget: { minutes: 2 }
`

const known: KnownNames = {
  protocols: [{ id: 'nano-v1', benchmarks: ['nano-arith', 'nano-tools'] }],
  baseModels: ['nano-base'],
  engines: ['transformers'],
  sandboxes: ['bubblewrap', 'host'],
  gpus: 0,
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-experiment-'))
  await mkdir(join(folder, 'agents', 'mine'), { recursive: true })
  await mkdir(join(folder, 'agents', 'empty'), { recursive: true })
  await writeFile(join(folder, 'agents', 'mine', 'solve.sh'), 'true\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function problemsOf(text: string): Promise<string[]> {
  const path = join(folder, 'experiment.yaml')
  await writeFile(path, text)
  const error: unknown = await readExperimentFile(path, known).catch((thrown: unknown) => thrown)
  if (!(error instanceof BenchError))
    throw new Error('it was accepted, or failed in another way', { cause: error })
  expect(error).toMatchObject({ code: 'experiment/invalid', exitCode: 2 })
  const [, ...lines] = error.message.split('\n')
  return lines.map((line) => line.replace(`  ${path}:`, '').replaceAll(folder, 'DIR'))
}

/** Replaces a part of the valid file, or adds to its end. */
function change(from: string, to: string): string {
  if (!valid.includes(from)) throw new Error(`not in the file: ${from}`)
  return valid.replace(from, () => to)
}

const mapping = 'must be a mapping of keys to values'
const alone = 'write the number alone: its unit is in the name of the key'
const nameRule =
  'use lower-case letters, digits, ".", "_" and "-", at most 64, starting with a letter or digit'

describe('a bad experiment file is told where and what is wrong:', () => {
  it.each<readonly [what: string, text: string, ...problems: string[]]>([
    ['nothing in it', '', `1:1: the file ${mapping}, this is empty`],
    ['a list', '- a\n', `1:1: the file ${mapping}, this is [ 'a' ]`],
    ['indented with tabs', 'budget:\n\tminutes: 1\n', '2:1: indent with spaces, not with tabs'],
    [
      'a bracket left open',
      'name: [x',
      '1:9: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a key twice', `${valid}name: again\n`, '7:1: the key "name" is there twice'],
    [
      'two documents',
      `${valid}---\n${valid}`,
      '7:1: a second document starts here: one file holds one experiment',
    ],
    ['an unknown key', `${valid}repeat: 3\n`, '7:1: unknown key "repeat"; did you mean "repeats"?'],
    [
      'an unknown key like no other',
      `${valid}limits: { colour: red }\n`,
      '7:11: unknown key "colour"; known: cpus, memoryGiB, pids, diskGiB, shmGiB, outputMiB',
    ],
    [
      'a mistyped unit key, without the mistake that follows from it',
      change('minutes: 2', 'minute: 2'),
      '6:11: unknown key "minute"; did you mean "minutes"?',
    ],
    [
      'a mistyped key that is required, without its absence',
      change('path: agents/mine', 'pth: agents/mine'),
      '5:11: unknown key "pth"; did you mean "path"?',
    ],
    [
      'several at once, in the order of the file',
      `nmae: x\n${valid}network: off\nrepeats: 0\n`,
      '1:1: unknown key "nmae"; did you mean "name"?',
      '8:1: network must be isolated or open, this is "off"',
      '9:1: repeats must be at least 1, this is 0',
    ],
    [
      'hours with a unit',
      change('minutes: 2', 'hours: 90s'),
      `6:11: budget.hours must be a number, this is "90s"; ${alone}`,
    ],
    [
      'memory with a unit',
      `${valid}limits: { memoryGiB: "4GB" }\n`,
      `7:11: limits.memoryGiB must be a number, this is "4GB"; ${alone}`,
    ],
    [
      'seconds with a unit',
      `${valid}graceSeconds: 10 s\n`,
      `7:1: graceSeconds must be a number, this is "10 s"; ${alone}`,
    ],
    [
      'both hours and minutes',
      change('minutes: 2', 'minutes: 2, hours: 1'),
      '6:1: budget: give the budget either as hours or as minutes',
    ],
    [
      'neither hours nor minutes',
      change('minutes: 2', 'gpus: 0'),
      '6:1: budget: give the budget either as hours or as minutes',
    ],
    [
      'a negative budget',
      change('minutes: 2', 'minutes: -2'),
      '6:11: budget.minutes must be more than 0, this is -2',
    ],
    [
      'an endless budget',
      change('minutes: 2', 'hours: .inf'),
      '6:11: budget.hours must be a number, this is Infinity',
    ],
    [
      'a huge budget',
      change('minutes: 2', 'hours: 500'),
      '6:11: budget.hours must be at most 200, this is 500',
    ],
    [
      'a budget shorter than the grace',
      change('minutes: 2', 'minutes: 0.1'),
      '6:11: the budget of 6 s is not longer than graceSeconds (10 s)',
    ],
    [
      'more GPUs than there are',
      change('minutes: 2', 'minutes: 2, gpus: 8'),
      '6:23: budget.gpus: 8 per run, but there are 0 GPUs here',
    ],
    ['half a repeat', `${valid}repeats: 1.5\n`, '7:1: repeats must be a whole number, this is 1.5'],
    ['a name with blanks', change('first', 'My Study'), `1:1: name: ${nameRule}, this is "My Study"`],
    [
      "an agent's name with blanks",
      change('  mine:', '  "My Agent":'),
      `5:3: agents: the name "My Agent" does not do: ${nameRule}`,
    ],
    [
      'a path in place of an agent',
      change('{ path: agents/mine }', 'agents/mine'),
      `5:3: agents.mine ${mapping}, this is "agents/mine"; write { path: agents/mine }`,
    ],
    [
      'no agents',
      change('agents:\n  mine: { path: agents/mine }', 'agents: {}'),
      '4:1: agents must name at least 1',
    ],
    [
      'a key that is missing',
      change('baseModels: [nano-base]\n', ''),
      '1:1: baseModels must be a list, such as [first, second], it is missing',
    ],
    [
      'one model in place of a list',
      change('[nano-base]', 'nano-base'),
      '3:1: baseModels must be a list, such as [first, second], this is "nano-base"',
    ],
    ['no models', change('[nano-base]', '[]'), '3:1: baseModels must name at least 1'],
    [
      'a model twice',
      change('[nano-base]', '[nano-base, nano-base]'),
      '3:25: "nano-base" is named twice: its runs would be the same',
    ],
    [
      'an unknown model',
      change('[nano-base]', '[nano-bsae]'),
      '3:14: unknown base model "nano-bsae"; did you mean "nano-base"?',
    ],
    ['an unknown protocol', change('nano-v1', 'full'), '2:1: unknown protocol "full"; known: nano-v1'],
    [
      'an unknown benchmark',
      `${valid}benchmarks: [nano-arith, nano-tool]\n`,
      '7:26: unknown benchmark of nano-v1: "nano-tool"; did you mean "nano-tools"?',
    ],
    ['an unknown engine', `${valid}engine: vllm\n`, '7:1: unknown engine "vllm"; known: transformers'],
    [
      'an unknown sandbox',
      `${valid}sandbox: docker\n`,
      '7:1: unknown sandbox "docker"; known: auto, bubblewrap, host',
    ],
    [
      'a scheduler that is only named',
      `${valid}scheduler: local\n`,
      `7:1: scheduler ${mapping}, this is "local"; write { kind: local }`,
    ],
    [
      'a folder that is not there',
      change('agents/mine', 'agents/mien'),
      '5:11: there is no folder DIR/agents/mien; did you mean "mine"?',
    ],
    [
      'a folder without solve.sh',
      change('agents/mine', 'agents/empty'),
      '5:11: there is no solve.sh in DIR/agents/empty: it is the program that is started as the agent',
    ],
    [
      'a structure that holds itself',
      `${valid}limits: &a [*a]\n`,
      `7:1: limits ${mapping}, this is <ref *1> [ [Circular *1] ]`,
    ],
  ])('%s', async (_, text, ...problems) => {
    expect(await problemsOf(text)).toEqual(problems)
  })
})

it('fills in what a file leaves out, and finds agents beside the file', async () => {
  const path = join(folder, 'valid.yaml')
  await writeFile(path, valid)
  const { experiment, text, agentPath } = await readExperimentFile(path, known)
  expect(experiment).toMatchObject({ repeats: 1, sandbox: 'auto', network: 'isolated', infraRetries: 2 })
  expect(text).toBe(valid)
  expect(agentPath('agents/mine')).toBe(join(folder, 'agents/mine'))
})

it.each([
  ['missing.yaml', 'there is no experiment file'],
  ['', 'is a folder, not an experiment file'],
])('says that there is no file: %j', async (name, message) => {
  await expect(readExperimentFile(join(folder, name))).rejects.toThrow(message)
})
