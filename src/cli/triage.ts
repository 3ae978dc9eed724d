import { BenchError } from '../domain/error.ts'
import type { TriageRule } from '../domain/triage.ts'
import { inertLine } from '../lib/inert-text.ts'
import { countFinal, readTriage, type Triage, type TriageGroup } from '../results/triage.ts'
import { readTriageRules } from '../run/catalog.ts'
import { listExperiments } from './find-run.ts'
import { paint } from './render.ts'

type Ink = ReturnType<typeof paint>

export async function renderTriage(
  path: string,
  options: { readonly json: boolean; readonly colour: boolean },
): Promise<string> {
  const experiments = await listExperiments(path)
  if (experiments.length === 0)
    throw new BenchError(`there are no runs in ${path}`, {
      code: 'triage/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo, or start one with `ptb run FILE`.",
    })
  const triage = await readTriage(experiments, await readTriageRules())
  return options.json
    ? JSON.stringify(describeAll(triage), null, 2)
    : renderText(triage, paint(options.colour))
}

/** For scripts. */
function describeAll({ finished, groups, unreadable }: Triage): unknown {
  return {
    finished,
    groups: groups.map((group) => {
      const { rule, example, cases } = group
      return {
        id: rule?.id ?? null,
        title: rule?.title ?? null,
        fault: rule?.fault ?? null,
        action: actionOf(group),
        advice: rule?.advice ?? null,
        runs: countFinal(group),
        attempts: cases.length,
        example: example.run,
        cases: cases.map(({ experiment, run, attempt, outcome, final, evidence }) => ({
          experiment,
          run,
          attempt,
          outcome,
          final,
          evidence,
        })),
      }
    }),
    unreadable,
  }
}

function renderText(triage: Triage, ink: Ink): string {
  const { finished, groups, unreadable } = triage
  const cases = groups.flatMap((group) => group.cases)
  const final = cases.filter(({ final }) => final).length
  const others = cases.length - final
  const heading = [
    `${final} of ${finished} finished ${finished === 1 ? 'run' : 'runs'} without a score of ${final === 1 ? 'its' : 'their'} own`,
    ...(others === 0 ? [] : [`${count(others, 'failed attempt')} with another one after it`]),
  ].join('; ')
  return [
    heading,
    ...groups.map((group) => renderGroup(group, ink)),
    ...unreadable.map(({ run, why }) => ink('red', `${inertLine(run)} cannot be read: ${why}`)),
  ].join('\n\n')
}

function renderGroup(group: TriageGroup, ink: Ink): string {
  const { rule, example } = group
  const final = countFinal(group)
  const others = group.cases.length - final
  const counts = [
    ...(final === 0 ? [] : [count(final, 'run')]),
    ...(others === 0 ? [] : [count(others, 'failed attempt')]),
  ].join(', ')
  const title = rule === null ? 'no known cause' : rule.title
  const reasons = [...new Set(group.cases.map(({ outcome }) => inertLine(outcome.reason)))].join(', ')
  const evidence = example.evidence?.lines.map((line) => `${example.evidence?.source}: ${line}`) ?? []
  return [
    `${ink('bold', title)}  ${counts}`,
    ...[
      ['reason', reasons],
      ['fault', rule?.fault ?? 'not known'],
      ['example', `${inertLine(example.run)}, attempt ${example.attempt}`],
      ['', inertLine(example.outcome.detail)],
      ...evidence.map((line) => ['', ink('dim', line)]),
      ['next', nextStep(group)],
    ].map(([name = '', text = '']) => `  ${name.padEnd(7)}  ${text}`),
  ].join('\n')
}

/** A rule says what to do about runs that ended like this; where another attempt followed, nothing is left to do. */
function actionOf(group: TriageGroup): TriageRule['action'] | 'look' {
  if (countFinal(group) === 0) return 'nothing'
  return group.rule?.action ?? 'look'
}

function nextStep(group: TriageGroup): string {
  const run = inertLine(group.example.run)
  const advice = group.rule?.advice ?? ''
  switch (actionOf(group)) {
    case 'resume':
    case 'fix_and_resume':
      return `${advice} Then: ptb resume ${run}`
    case 'fix_and_repeat':
      return `${advice} The outcome stands; repeat the runs in an experiment of another name.`
    case 'judge':
      return `${advice} Then: ptb verdict ${run} --set clean|flagged --reason TEXT`
    case 'look':
      return group.example.outcome.kind === 'infra_failure'
        ? `See \`ptb logs ${run}\` and the logs beside it. Once it is mended: ptb resume ${run}`
        : `See \`ptb logs ${run}\`.`
    case 'nothing':
      return countFinal(group) === 0 ? 'Nothing now: another attempt follows.' : `Nothing. ${advice}`
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
