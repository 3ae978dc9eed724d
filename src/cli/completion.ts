import {
  proposeCompletions,
  type Application,
  type Command,
  type CommandContext,
  type RouteMap,
} from '@stricli/core'
import { proposeValues } from './completion-values.ts'

/** What a shell should do beside what is listed: complete file names by itself. */
const filesLine = ':files'

/**
 * Answers a shell, one proposal a line, as `value<tab>what it is`; `:files` stands for the names of files. `words` are
 * those after `ptb`, up to the cursor. Nothing is ever an error: a shell would print it into what is being typed.
 */
export async function printProposals<CONTEXT extends CommandContext>(
  application: Application<CONTEXT>,
  words: readonly string[],
  context: CONTEXT,
): Promise<void> {
  const lines = await listProposals(application, words, context).catch(() => [filesLine])
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

async function listProposals<CONTEXT extends CommandContext>(
  application: Application<CONTEXT>,
  typed: readonly string[],
  context: CONTEXT,
): Promise<string[]> {
  // `--flag=value` is one word to the shell and two to the parser
  const joined = /^(?<flag>--[\w-]+)=(?<value>.*)$/u.exec(typed.at(-1) ?? '')?.groups
  const words =
    joined === undefined
      ? [...typed.slice(0, -1), typed.at(-1) ?? '']
      : [...typed.slice(0, -1), joined['flag'] ?? '', joined['value'] ?? '']
  const partial = words.at(-1) ?? ''
  const results = findResults(words)
  let files = false
  const root = withProposals(application.root, (placeholder) => {
    const values = proposeValues(placeholder, partial, results)
    files ||= values.length === 0 && takesFiles.has(placeholder) && !partial.startsWith('-')
    return values
  })
  const found = await proposeCompletions({ ...application, root }, words, context)
  // flags are proposed to whoever begins one, and where there is nothing else
  const wanted = found.filter(({ completion }) => partial.startsWith('-') || !completion.startsWith('-'))
  const shown = wanted.length === 0 && !files ? found.filter(({ completion }) => completion !== '--') : wanted
  const prefix = joined === undefined ? '' : `${joined['flag']}=`
  const lines = shown.map(({ completion, brief }) => `${prefix}${completion}\t${brief}`)
  return files ? [...lines, filesLine] : lines
}

/** Placeholders of arguments that may be files, also where they usually are names of something. */
const takesFiles: ReadonlySet<string> = new Set(['FILE', 'PATH', 'DIR', 'EXPERIMENT', 'RUN', 'A', 'B'])

/** The folder of all experiments that the command line names so far. */
function findResults(words: readonly string[]): string {
  const before = words.slice(0, -1)
  const joined = before.find((word) => word.startsWith('--results='))?.slice('--results='.length)
  const at = before.indexOf('--results')
  return joined ?? (at === -1 ? undefined : before[at + 1]) ?? 'results'
}

/** The same routes, whose arguments know their values: a placeholder says what kind of thing is asked for. */
function withProposals<CONTEXT extends CommandContext>(
  target: RouteMap<CONTEXT>,
  propose: (placeholder: string) => readonly string[],
): RouteMap<CONTEXT>
function withProposals<CONTEXT extends CommandContext>(
  target: Command<CONTEXT> | RouteMap<CONTEXT>,
  propose: (placeholder: string) => readonly string[],
): Command<CONTEXT> | RouteMap<CONTEXT>
function withProposals<CONTEXT extends CommandContext>(
  target: Command<CONTEXT> | RouteMap<CONTEXT>,
  propose: (placeholder: string) => readonly string[],
): Command<CONTEXT> | RouteMap<CONTEXT> {
  if (!('parameters' in target))
    return {
      ...target,
      getRoutingTargetForInput(input) {
        const found = target.getRoutingTargetForInput(input)
        return found === undefined ? undefined : withProposals(found, propose)
      },
    }
  const { flags = {}, positional } = target.parameters
  const fill = <T extends { readonly placeholder?: string }>(parameter: T): T =>
    parameter.placeholder === undefined || 'proposeCompletions' in parameter
      ? parameter
      : { ...parameter, proposeCompletions: () => propose(parameter.placeholder ?? '') }
  return {
    ...target,
    parameters: {
      ...target.parameters,
      flags: Object.fromEntries(
        Object.entries(flags).map(([name, flag]) => [name, flag.kind === 'parsed' ? fill(flag) : flag]),
      ),
      ...(positional === undefined
        ? {}
        : {
            positional:
              positional.kind === 'array'
                ? { ...positional, parameter: fill(positional.parameter) }
                : { ...positional, parameters: positional.parameters.map(fill) },
          }),
    },
  }
}
