/**
 * Runs a program under every schedule near a stock scheduler's, and under as many random ones as one likes, on virtual time; makes
 * a schedule that breaks it short, and tells what ran when. `Exploration` is where to begin. Needs `effect` and nothing else.
 */
export * as ChooserExhaustive from "./layers/exploring/ChooserExhaustive.ts"
export * as ChooserRandom from "./layers/exploring/ChooserRandom.ts"
export * as ChooserReplay from "./layers/exploring/ChooserReplay.ts"
export * as Exploration from "./layers/exploring/Exploration.ts"
export * as ScheduleChoices from "./layers/exploring/ScheduleChoices.ts"
export * as ScheduleNotes from "./layers/exploring/ScheduleNotes.ts"
export * as ScheduleRunner from "./layers/exploring/ScheduleRunner.ts"
export * as ScheduleShrink from "./layers/exploring/ScheduleShrink.ts"
export * as ScheduleTrace from "./layers/exploring/ScheduleTrace.ts"
export * from "./services/exploring/Chooser.ts"
export * from "./services/exploring/ScheduleRun.ts"
