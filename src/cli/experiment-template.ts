import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { BenchError } from '../domain/error.ts'
import { experimentSchema } from '../domain/experiment.ts'

const schemaName = 'experiment.schema.json'

/** An experiment that runs as it stands once its agent is there. */
const template = `# yaml-language-server: $schema=${schemaName}
# An experiment: agents x base models x benchmarks, a number of times each.
# Check it with \`ptb plan\`, start it with \`ptb run\`. Agents, cells and repeats can be added later.

name: first

# Rules of scoring (catalog/protocols/). They fix benchmarks, items, seeds, prompt and policy.
protocol: nano-v1

# Models to be post-trained (catalog/models.yaml).
baseModels: [nano-base]

# Default: all benchmarks of the protocol.
# benchmarks: [nano-arith]

# Agents by the name they have on the leaderboard. A path is a folder with a solve.sh, relative to this file;
# config is free text that the agent gets as $AGENT_CONFIG. See docs/extending/agent.md.
agents:
  mine:
    path: my-agent
    # config: fast

# What each run may use. Give hours or minutes.
budget:
  minutes: 5

# Runs per cell: with several, intervals cover the chance between runs.
repeats: 1

# Resources of each run: shown to the agent, held by the kernel where this machine lets it (\`ptb doctor\`), recorded.
limits:
  cpus: 1
  memoryGiB: 4
  # pids: 512
  # diskGiB: 10
  # shmGiB: 1

# When an agent ends early: off, once, or { untilMinutesLeft: 30 } to ask it again and again to go on.
reprompt: off

# auto takes the best that works here: bubblewrap, else host, which isolates nothing.
sandbox: auto

# The agent's network: isolated or open.
network: isolated

# Further attempts after a failure that is not the agent's.
infraRetries: 2

# Between the polite signal and the kill.
graceSeconds: 10

# What \`ptb gc\` keeps of finished runs: weights (and all evidence), hashes, or all.
keep: weights

# A command of your own that gets one JSON object on its stdin; no shell, killed after 30 s.
# notify: { command: [./tell.sh], on: [experiment_finished, infra_failure, stuck] }
`

/** Writes the file and its schema; overwrites neither. A schema that is there and the same is left as it is. */
export async function writeExperimentTemplate(file: string): Promise<string[]> {
  const schema = join(dirname(file), schemaName)
  const content = renderExperimentSchema()
  const sameSchema = existsSync(schema) && (await readFile(schema, 'utf8')) === content
  if (existsSync(file)) throw exists(file)
  if (existsSync(schema) && !sameSchema) throw exists(schema)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, template, { flag: 'wx' })
  if (sameSchema) return [file]
  await writeFile(schema, content, { flag: 'wx' })
  return [file, schema]
}

/** JSON Schema of experiment files, for editors. */
export function renderExperimentSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(experimentSchema, { io: 'input' }), null, 2)}\n`
}

function exists(path: string): BenchError {
  return new BenchError(`${path} is there already`, {
    code: 'init/exists',
    kind: 'usage',
    remedy: 'Nothing was written. Name another file, or remove this one.',
  })
}
