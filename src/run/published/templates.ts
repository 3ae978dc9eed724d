import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Protocol } from '../../domain/protocol.ts'
import { chatTemplateNames } from '../../lib/chat-templates/render-chat.ts'
import { readChatTemplate } from '../../lib/chat-templates/template-file.ts'

/** What a program of the published format finds in its `--templates-dir`: a file for each family of models. */
export async function writeTemplates(
  folder: string,
  { templateDate }: Pick<Protocol, 'templateDate'>,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const written: string[] = []
  for (const template of chatTemplateNames) {
    const path = join(folder, `${template}.jinja`)
    await writeFile(path, await readChatTemplate({ template, date: templateDate }))
    await chmod(path, 0o644)
    written.push(path)
  }
  return written
}
