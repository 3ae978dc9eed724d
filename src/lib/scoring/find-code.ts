const fence = '```'
const bodyStart = ':\n    '

/**
 * The function body in a HumanEval answer. The first block fenced as `python`, else the first bare one; of it, what
 * follows the first colon that ends a line before four spaces. Without such a colon the published index arithmetic drops
 * the block's first character. Without a block the answer is the body.
 */
export function findCode(completion: string): string {
  const block = firstBlock(completion, `${fence}python\n`) ?? firstBlock(completion, `${fence}\n`)
  if (block === null) return completion
  const start = block.indexOf(bodyStart)
  return start === -1 ? dropFirstCharacter(block) : block.slice(start + 2)
}

/** From an opening fence to the next three backticks, wherever they stand. */
function firstBlock(text: string, opening: string): string | null {
  const start = text.indexOf(opening)
  if (start === -1) return null
  const end = text.indexOf(fence, start + opening.length)
  return end === -1 ? null : text.slice(start + opening.length, end)
}

function dropFirstCharacter(text: string): string {
  return text.slice(String.fromCodePoint(text.codePointAt(0) ?? 0).length)
}
