/**
 * A Google to sign in to on this machine, a person who consents, a server as its host sees it, and an explorer of
 * interleavings: for tests of one's own. Needs `oidc-provider`, and `@modelcontextprotocol/sdk` for the server.
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
export * as LocalGoogleOidc from "./layers/local-google/LocalGoogleOidc.ts"
export * as PersonHttp from "./layers/local-google/PersonHttp.ts"
export * as ServerProcessMcpStdio from "./layers/tools/ServerProcessMcpStdio.ts"
export * from "./services/exploring/Chooser.ts"
export * from "./services/exploring/ScheduleRun.ts"
export * from "./services/local-google/LocalGoogle.ts"
export * from "./services/local-google/Person.ts"
export * from "./services/tools/ServerProcess.ts"
