import { buildApplication, buildRouteMap, run, text_en, type ApplicationText } from '@stricli/core'
import { baseline } from './commands/baseline.ts'
import { cancel } from './commands/cancel.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { init } from './commands/init.ts'
import { leaderboard } from './commands/leaderboard.ts'
import { logs } from './commands/logs.ts'
import { plan } from './commands/plan.ts'
import { report } from './commands/report.ts'
import { resume } from './commands/resume.ts'
import { runCommand } from './commands/run.ts'
import { setup } from './commands/setup.ts'
import { status } from './commands/status.ts'
import { supervise } from './commands/supervise.ts'
import { verdict } from './commands/verdict.ts'
import { worker } from './commands/worker.ts'
import { exitCodes } from '../domain/error.ts'
import { exitCodeOf, renderError } from './render.ts'

// Command modules hold their flags and help only; what they do is imported when it is done, so that --help is quick.
const routes = buildRouteMap({
  routes: {
    demo,
    init,
    plan,
    run: runCommand,
    status,
    logs,
    cancel,
    resume,
    baseline,
    leaderboard,
    report,
    verdict,
    doctor,
    setup,
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

/** Our errors say what to do; stricli's own stay as they are. */
const text: ApplicationText = {
  ...text_en,
  exceptionWhileRunningCommand: (error) => renderError(error, { colour: process.stderr.isTTY }),
  commandErrorResult: (error) => renderError(error, { colour: process.stderr.isTTY }),
}

const application = buildApplication(routes, {
  name: 'ptb',
  versionInfo: { getCurrentVersion: async () => (await import('./harness.ts')).harnessVersion() },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { useAliasInUsageLine: true, disableAnsiColor: !process.stdout.isTTY || 'NO_COLOR' in process.env },
  localization: { text },
  determineExitCode: exitCodeOf,
})

// A wrapper, for `process` itself does not fit stricli's types under exactOptionalPropertyTypes.
const context = {
  process: {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    get exitCode() {
      return process.exitCode ?? null
    },
    set exitCode(code: number | string | null) {
      process.exitCode = code ?? undefined
    },
  },
}
await run(application, process.argv.slice(2), context)
// stricli's own codes are negative: wrong flags, arguments or commands.
if (typeof process.exitCode === 'number' && (process.exitCode < 0 || process.exitCode > 200))
  process.exitCode = exitCodes.usage
