import { ChatTemplateError, systemMessage, type Conversation, type TemplateMessage } from './conversation.ts'
import { strip } from '../python/text.ts'

/** `catalog/templates/gemma3.jinja` */
export function renderGemma3(conversation: Conversation): string {
  const system = systemMessage(conversation)
  const turns = system === undefined ? conversation.messages : conversation.messages.slice(1)
  const preface = system === undefined ? '' : gemmaPreface(system)
  const rendered = turns.map((message, index) => {
    if ((message.role === 'user') !== (index % 2 === 0))
      throw new ChatTemplateError(
        'TemplateError',
        'Conversation roles must alternate user/assistant/user/assistant/...',
      )
    if (message.content === null) throw new ChatTemplateError('TemplateError', 'Invalid content type')
    const text = (index === 0 ? preface : '') + gemmaContent(message)
    return `<start_of_turn>${gemmaRole(message)}\n${text}<end_of_turn>\n`
  })
  const head = conversation.addGenerationPrompt ? '<start_of_turn>model\n' : ''
  return (conversation.bosToken ?? '<bos>') + rendered.join('') + head
}

/** The system's text, not trimmed, as it stands before the first turn's. */
export function gemmaPreface({ content }: TemplateMessage): string {
  const text = typeof content === 'string' ? content : content?.[0]?.text
  if (typeof text === 'string') return `${text}\n\n`
  throw new ChatTemplateError('TypeError', 'the system message has no text')
}

export function gemmaRole({ role }: TemplateMessage): string {
  return role === 'assistant' ? 'model' : role
}

/** Every part is trimmed by itself. */
export function gemmaContent({ content }: TemplateMessage): string {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
  return parts
    .map(({ type, text }) => {
      if (type === 'image') return '<start_of_image>'
      return type === 'text' ? strip(text ?? '') : ''
    })
    .join('')
}
