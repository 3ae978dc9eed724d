/** Cosines and distances by which weights are told apart; what was measured stands at `weightLineage`. */
export const lineageThresholds = {
  /** Relative distance to the base beyond which rounding need not be tried: bfloat16 makes .002, 8 bits up to .05. */
  copy: 0.06,
  /** Cosine with the base above which weights count as its fine-tune: between .60 (rebuilt) and .837 (absurd rate). */
  derived: 0.75,
  /** Cosine with the base below which they count as unrelated: between .22 (other optimiser) and .45 (ruined). */
  unrelated: 0.3,
  /**
   * Cosine between (submission - base) and (sibling - base). The sibling itself, and any mix of it with the base, has 1;
   * the sibling trained further by u times its distance from the base 1/√(1+u²): .95 for u = .33, .5 for u = 1.7.
   * Honest runs on the nano tier: .07 for another task, .30–.59 for a part of the sibling's training data, and .83–.86
   * for exactly its data and recipe with another seed. So only what lies clearly above that is the sibling.
   */
  siblingAlignment: 0.95,
  leaningAlignment: 0.5,
  /** Share of the parameters in matrices that equal the sibling's and not the base's: training never produces one. */
  siblingTensors: 0.001,
} as const
