import { buildApplication, buildRouteMap, run, text_en, type ApplicationText } from '@stricli/core'
import { baseline } from './commands/baseline.ts'
import { cache } from './commands/cache.ts'
import { cancel } from './commands/cancel.ts'
import { check } from './commands/check.ts'
import { compare } from './commands/compare.ts'
import { completion } from './commands/completion.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { evaluate } from './commands/evaluate.ts'
import { gc } from './commands/gc.ts'
import { importCommand } from './commands/import.ts'
import { init } from './commands/init.ts'
import { leaderboard } from './commands/leaderboard.ts'
import { logs } from './commands/logs.ts'
import { newCommand } from './commands/new.ts'
import { merge } from './commands/merge.ts'
import { plan } from './commands/plan.ts'
import { report } from './commands/report.ts'
import { resume } from './commands/resume.ts'
import { runCommand } from './commands/run.ts'
import { schema } from './commands/schema.ts'
import { score } from './commands/score.ts'
import { setup } from './commands/setup.ts'
import { status } from './commands/status.ts'
import { supervise } from './commands/supervise.ts'
import { triage } from './commands/triage.ts'
import { verdict } from './commands/verdict.ts'
import { watch } from './commands/watch.ts'
import { worker } from './commands/worker.ts'
import { BenchError, exitCodes } from '../domain/error.ts'
import { redactOutput } from './redact-output.ts'
import { exitCodeOf, renderError, usesColour } from './render.ts'

// Command modules hold their flags and help only; what they do is imported when it is done, so that --help is quick.
const routes = buildRouteMap({
  routes: {
    demo,
    init,
    new: newCommand,
    check,
    plan,
    run: runCommand,
    status,
    watch,
    logs,
    triage,
    cancel,
    resume,
    baseline,
    evaluate,
    leaderboard,
    compare,
    score,
    report,
    import: importCommand,
    verdict,
    cache,
    gc,
    merge,
    schema,
    doctor,
    setup,
    completion,
    worker,
    supervise,
  },
  docs: {
    brief: 'measures how well AI agents can post-train language models',
    fullDescription:
      'An agent gets a base model, a benchmark, a machine and a time budget. ptb isolates it, stops it, seals its weights,\n' +
      'looks for cheating, evaluates in a clean room and ranks.\n\n' +
      'Start here:\n  ptb demo                 the whole thing on a laptop CPU, in minutes\n' +
      '  ptb init                 write an experiment file of your own\n' +
      '  ptb plan experiment.yaml\n  ptb run experiment.yaml',
    hideRoute: { worker: true, supervise: true },
  },
})

redactOutput()
const colour = usesColour(process.stderr)

/** Wrong flags, arguments and commands look like every other error, and say where the right ones are listed. */
function renderUsageError(message: string): string {
  const remedy = 'Add --help to a command, or to none, to see what there is.'
  return renderError(new BenchError(message, { code: 'usage', kind: 'usage', remedy }), { colour })
}

const text: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: (found) =>
    renderUsageError(text_en.noCommandRegisteredForInput({ ...found, ansiColor: false })),
  exceptionWhileParsingArguments: (error) =>
    renderUsageError(text_en.exceptionWhileParsingArguments(error, false)),
  exceptionWhileRunningCommand: (error) => renderError(error, { colour }),
  commandErrorResult: (error) => renderError(error, { colour }),
}

const application = buildApplication(routes, {
  name: 'ptb',
  versionInfo: { getCurrentVersion: async () => (await import('./harness.ts')).harnessVersion() },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { useAliasInUsageLine: true },
  localization: { text },
  determineExitCode: exitCodeOf,
})

// `process` itself does not fit stricli's types under exactOptionalPropertyTypes, and its errors would be coloured twice.
const context = {
  process: {
    stdout: {
      write: (output: string) => void process.stdout.write(output),
      getColorDepth: () => (usesColour(process.stdout) ? 4 : 1),
    },
    stderr: { write: (output: string) => void process.stderr.write(output) },
    env: process.env,
    get exitCode() {
      return process.exitCode ?? null
    },
    set exitCode(code: number | string | null) {
      process.exitCode = code ?? undefined
    },
  },
}

// `ptb plan FILE | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})
process.on('uncaughtException', (error) => {
  process.stderr.write(`${renderError(error, { colour })}\n`)
  process.exit(exitCodeOf(error))
})

const [first, ...others] = process.argv.slice(2)
// what is being typed is no command line yet: it goes around the parser
if (first === '__complete') {
  const { printProposals } = await import('./completion.ts')
  await printProposals(application, others, context)
} else await run(application, process.argv.slice(2), context)
// stricli's own codes are negative: wrong flags, arguments or commands.
if (typeof process.exitCode === 'number' && (process.exitCode < 0 || process.exitCode > 200))
  process.exitCode = exitCodes.usage
