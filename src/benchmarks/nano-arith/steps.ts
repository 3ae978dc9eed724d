/** One calculation of a worked solution. */
export interface Step {
  readonly left: number
  readonly operator: '+' | '-' | '*' | '/'
  readonly right: number
  readonly result: number
}

export function add(left: number, right: number): Step {
  return { left, operator: '+', right, result: left + right }
}

export function subtract(left: number, right: number): Step {
  return { left, operator: '-', right, result: left - right }
}

export function multiply(left: number, right: number): Step {
  return { left, operator: '*', right, result: left * right }
}

export function divide(left: number, right: number): Step {
  return { left, operator: '/', right, result: left / right }
}

/** Whether the base model was taught this fact, so that a question tests reading and planning, not arithmetic. */
export function isKnown({ left, operator, right, result }: Step): boolean {
  switch (operator) {
    case '+':
      return left >= 0 && left <= 70 && right >= 0 && right <= 30
    case '-':
      return left <= 99 && right <= 40 && result >= 1
    case '*':
      return left >= 1 && left <= 9 && right >= 1 && right <= 9
    case '/':
      return right >= 2 && right <= 9 && Number.isInteger(result) && result >= 1 && result <= 9
  }
}

export function renderStep({ left, operator, right, result }: Step): string {
  return `${left} ${operator} ${right} = ${result}.`
}
