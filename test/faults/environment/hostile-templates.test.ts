import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { runCommand } from '../../../src/lib/process.ts'
import { readPythonEnvironment } from '../../../src/setup/python.ts'

const script = fileURLToPath(new URL('hostile-templates.py', import.meta.url))
const environments = fileURLToPath(new URL('../../../environments', import.meta.url))

/** What the template does, itself, and how it ends: with a text, refused by its own error, or ended by its limits. */
const cases = [
  ['is in order', '{{ messages[0].content }}', /^text What is 1 \+ 1\?$/],
  ['loops over a long range', '{% for i in range(10**9) %}x{% endfor %}', /^failed .*Range too big/],
  [
    'loops within loops',
    '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
    /^exceeded/,
  ],
  ['takes ten billion characters', "{{ 'a' * 10**10 }}", /^failed .*MemoryError/],
  ['formats ten billion digits', "{{ ('%0' ~ 10**10 ~ 'd') % 1 }}", /^failed/],
  ['takes a power that no processor finishes', '{{ 9 ** (9 ** 9) }}', /^(exceeded|failed)/],
  [
    'doubles a list for ever',
    '{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
    /^(exceeded|failed)/,
  ],
  [
    'makes 100 MB',
    "{% for i in range(10000) %}{{ 'a' * 10000 }}{% endfor %}",
    /^failed .*100000000 characters/,
  ],
  ['calls itself for ever', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', /^failed .*RecursionError/],
  ['is nested deeply', `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`, /^(failed|exceeded)/],
  ['walks attributes', "{{ ''.__class__.__mro__[1].__subclasses__() }}", /^failed .*unsafe/],
  ['reaches for the system', "{{ cycler.__init__.__globals__.os.popen('id').read() }}", /^failed .*unsafe/],
  ['includes a file', "{% include '/etc/passwd' %}", /^failed .*no loader/],
  ['imports a module', "{% import 'os' as os %}", /^failed .*no loader/],
  ['changes the messages', '{{ messages.append(1) }}', /^failed .*unsafe/],
  ['is no template', '{% for %}', /^failed .*TemplateSyntaxError/],
  ['raises a long text', "{{ raise_exception('x' * 10**7) }}", /^failed .{1000,2100}$/],
] as const

const environment = await readPythonEnvironment()

const endsSchema = z.array(z.object({ end: z.string(), says: z.string(), seconds: z.number() }))

describe('hostile chat templates', () => {
  let ends: z.infer<typeof endsSchema> = []
  beforeAll(async () => {
    if (environment === null) return
    const { stdout, stderr } = await runCommand([environment.python, script, environments], {
      input: JSON.stringify(cases.map(([, template]) => template)),
      timeoutMs: 110_000,
    })
    if (stderr !== '') throw new Error(stderr)
    ends = endsSchema.parse(JSON.parse(stdout))
  }, 120_000)

  it.for(cases.map(([name, , end], index) => [name, end, index] as const))(
    'one that %s',
    ([, wanted, index], { skip }) => {
      if (environment === null) skip('the Python environment is not set up: run `ptb setup`')
      expect(`${ends[index]?.end} ${ends[index]?.says}`).toMatch(wanted)
      // a second of processor time, and the start of the process, on a busy machine
      expect(ends[index]?.seconds).toBeLessThan(30)
    },
  )
})
