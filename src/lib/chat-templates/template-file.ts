import { readFile } from 'node:fs/promises'
import type { ChatTemplateName } from './render-chat.ts'

const folder = new URL('../../../catalog/templates/', import.meta.url)

export interface TemplateFileOptions {
  readonly template: ChatTemplateName
  /** `YYYY-MM-DD`, which the engine then prints on every day; `today`: the day on which it renders. */
  readonly date: string
}

/** The text of a template for an engine's `--chat-template`. */
export async function readChatTemplate({ template, date }: TemplateFileOptions): Promise<string> {
  const text = await readFile(new URL(`${template}.jinja`, folder), 'utf8')
  return date === 'today' ? text : fixTemplateDate(text, spellDate(date))
}

/** As `strftime('%d %B %Y')`, which is what templates ask for: `05 March 2026`. */
export function spellDate(isoDate: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    day: '2-digit',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return format.format(new Date(`${isoDate}T00:00:00Z`))
}

/** Engines give templates a function `strftime_now`; a macro of that name stands before it. */
function fixTemplateDate(template: string, date: string): string {
  if (!template.includes('strftime_now')) return template
  return `{%- macro strftime_now(format) -%}${date}{%- endmacro %}${template}`
}
