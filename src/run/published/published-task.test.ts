import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/hash.ts'
import { runCommand } from '../../lib/process.ts'
import { openPublishedTask } from './open-task.ts'
import { programLauncher, provideTask } from './provide-task.ts'
import { readTaskFolder } from './task-folder.ts'

const files = {
  'evaluate.py': 'print("measured")\n',
  'benchmark.txt': 'Nano sums\n',
  'evaluation_code/questions.json': '[1]',
  'task_context/hints.md': 'small numbers',
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-task-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(task(name)), { recursive: true })
    await writeFile(task(name), content)
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const task = (path: string): string => join(folder, 'nano_sums', path)
const open = (options: object = {}): ReturnType<typeof openPublishedTask> =>
  openPublishedTask({ kind: 'published', path: 'nano_sums', ...options }, folder)

describe('a task in the published format', () => {
  it('is a benchmark without items, known by its folder', async () => {
    const benchmark = await open({ agentNotes: 'Sums only.' })
    expect(benchmark).toMatchObject({
      id: 'nano-sums',
      title: 'Nano sums',
      program: { path: join(folder, 'nano_sums'), timeoutHours: 8 },
    })
    expect(benchmark.agentNotes).toMatch(/`hints\.md`\.\nSums only\.$/)
  })

  it.each([
    ['evaluate.py', /no evaluate\.py/],
    ['benchmark.txt', /no benchmark\.txt/],
  ])('cannot do without %s', async (name, why) => {
    await rm(task(name))
    await expect(open()).rejects.toThrow(why)
  })

  it.each([
    [(): Promise<void> => symlink('/etc/passwd', task('task_context/x')), /neither a file nor a folder/],
    [(): Promise<void> => writeFile(task('benchmark.txt'), ' \n'), /what it is called/],
    [(): Promise<void> => writeFile(task('task_context/evaluate'), ''), /whose place is taken/],
  ])('is refused where it is not safe to lay out', async (meddle, why) => {
    await meddle()
    await expect(open()).rejects.toThrow(why)
  })

  it('is another one when a content changes, and the same after somebody ran it or changed its modes', async () => {
    const { hash } = await readTaskFolder(task(''))
    await mkdir(task('evaluation_code/__pycache__'))
    await writeFile(task('evaluation_code/__pycache__/x.pyc'), 'x')
    await chmod(task('evaluate.py'), 0o755)
    expect((await readTaskFolder(task(''))).hash).toBe(hash)
    await writeFile(task('evaluation_code/questions.json'), '[]')
    expect((await readTaskFolder(task(''))).hash).not.toBe(hash)
  })

  it('is laid into a workspace with its hashes, and refused once it has changed', async () => {
    const { program } = await open()
    if (program === undefined) throw new Error('it has a program')
    const { hash } = await readTaskFolder(program.path)
    const workspace = join(folder, 'workspace')
    const protocol = { templateDate: '2026-01-02' }
    const provided = await provideTask({ program, hash, protocol, workspace })
    expect(await readFile(join(workspace, 'hints.md'), 'utf8')).toContain('small numbers')
    expect(provided.paths).toContain('hints.md')
    const names = provided.programs.map(({ path }) => path)
    expect(names).toEqual(expect.arrayContaining(['evaluate.py', 'evaluation_code/questions.json']))
    expect(names).toContain('templates/smollm.jinja')
    expect(names).not.toContain('hints.md')
    for (const { path, sha256 } of provided.programs)
      expect(await hashFile(join(workspace, path))).toBe(sha256)
    await writeFile(task('benchmark.txt'), 'Other sums\n')
    await expect(provideTask({ program, hash, protocol, workspace })).rejects.toThrow('has changed')
  })

  it('is started by ./evaluate with the words of the prompt and its own', async () => {
    await writeFile(join(folder, 'evaluate'), programLauncher({ python: '/bin/echo' }), { mode: 0o755 })
    const said = async (...args: string[]): Promise<string> =>
      (await runCommand(['./evaluate', ...args], { cwd: folder })).stdout.trim()
    const start = './evaluate.py --templates-dir ./templates --model-path final_model'
    expect(await said()).toBe(start)
    expect(await said('--model', 'a b', '--limit', '3')).toBe(`${start} --model-path a b --limit 3`)
    expect(await said('--model=x', '--model-size')).toBe(`${start} --model-path=x --model-size`)
  })
})
