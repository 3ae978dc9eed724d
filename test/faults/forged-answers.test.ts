import { describeForgedAnswers } from './programs/describe-forged-answers.ts'

describeForgedAnswers()
