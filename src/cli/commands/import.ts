import { buildCommand, buildRouteMap, numberParser } from '@stricli/core'
import { jsonFlag } from '../flags.ts'

interface TraceFlags {
  readonly agent: string
  readonly json: boolean
  readonly out?: string
  readonly stderr?: string
  readonly exitCode?: number
  readonly signal?: string
  readonly stopped?: 'deadline' | 'cancelled' | 'limit'
  readonly leftOver?: number
}

const trace = buildCommand({
  async func(flags: TraceFlags, file: string) {
    const { importTrace } = await import('../import-trace.ts')
    const { usesColour } = await import('../render.ts')
    console.log(await importTrace(file, { ...flags, colour: usesColour(process.stdout) }))
  },
  parameters: {
    flags: {
      agent: {
        kind: 'parsed',
        parse: String,
        brief: 'whose output it is: claude, codex, gemini, opencode; default: found out',
        placeholder: 'NAME',
        default: 'auto',
      },
      json: jsonFlag,
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'write the trajectory (ATIF 1.7)',
        placeholder: 'FILE',
        optional: true,
      },
      stderr: {
        kind: 'parsed',
        parse: String,
        brief: 'its standard error, where that was kept apart',
        placeholder: 'FILE',
        optional: true,
      },
      exitCode: {
        kind: 'parsed',
        parse: numberParser,
        brief: 'how it ended',
        placeholder: 'N',
        optional: true,
      },
      signal: {
        kind: 'parsed',
        parse: String,
        brief: 'what it was ended by',
        placeholder: 'NAME',
        optional: true,
      },
      stopped: {
        kind: 'enum',
        values: ['deadline', 'cancelled', 'limit'],
        brief: 'why it was stopped, where it did not end by itself',
        optional: true,
      },
      leftOver: {
        kind: 'parsed',
        parse: numberParser,
        brief: 'processes of it that still ran at its end',
        placeholder: 'N',
        optional: true,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: "the agent's output", parse: String, placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: "reads an agent CLI's output as a trajectory",
    fullDescription:
      "FILE is what the CLI printed, a run's agent.log, or a log with a time in brackets before each line; - is standard\n" +
      'input. Prints what was said, called and used, and why it ended; how the process ended makes the latter surer.\n\n' +
      'examples:\n  ptb import trace solve_out.txt --agent claude\n' +
      '  ptb import trace results/demo/runs/ID/attempts/1/agent.log --out trajectory.json\n' +
      '  ptb import trace codex.jsonl --agent codex --stderr codex.stderr --exit-code 1 --json',
  },
})

export const importCommand = buildRouteMap({
  routes: { trace },
  docs: {
    brief: 'takes over what other systems and programs have recorded',
    fullDescription: 'example:\n  ptb import trace solve_out.txt --agent claude',
  },
})
