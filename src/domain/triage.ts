import * as z from 'zod'

/** Where a signature may stand; `detail` is the outcome's own sentence. Only `agent.log` is written by an agent. */
export const triageSources = ['detail', 'worker.log', 'supervisor.log', 'engine.log', 'agent.log'] as const
export type TriageSource = (typeof triageSources)[number]

const triageRuleSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_]*$/),
    /** What happened, in a few words. */
    title: z.string(),
    /** Reasons of outcomes; `*` stands for anything. */
    reasons: z.array(z.string()).min(1),
    /** One of these stands in a line of one of `in`, whatever its case. Absent: the reason says enough. */
    texts: z.array(z.string().min(3)).min(1).optional(),
    in: z.array(z.enum(triageSources)).min(1).optional(),
    fault: z.enum(['harness', 'machine', 'provider', 'agent', 'operator']),
    /**
     * - `resume`          `ptb resume` gives the run another attempt
     * - `fix_and_resume`  the same, after what `advice` says
     * - `fix_and_repeat`  the outcome stands; after what `advice` says, the run can be repeated in an experiment of another name
     * - `judge`           a person decides with `ptb verdict`
     * - `nothing`         the outcome is right
     */
    action: z.enum(['resume', 'fix_and_resume', 'fix_and_repeat', 'judge', 'nothing']),
    advice: z.string(),
  })
  .refine((rule) => (rule.texts === undefined) === (rule.in === undefined), {
    error: '`texts` and `in` go together',
  })
export type TriageRule = z.infer<typeof triageRuleSchema>

/** `catalog/triage.yaml`: the first rule that fits a failure names it. */
export const triageFileSchema = z.strictObject({ rules: z.array(triageRuleSchema) })
