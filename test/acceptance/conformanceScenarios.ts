/**
 * Every server scenario of the conformance suite: those that our server is held to, and those that do not apply to it, each
 * with the reason. The test fails when a scenario is in neither list, and when one of the second begins to pass.
 */

/** What has to pass. */
export const applicable: ReadonlyArray<string> = [
  "ping",
  "resources-list",
  "resources-read-text",
  "resources-subscribe",
  "resources-unsubscribe",
  "server-initialize",
  "server-sse-multiple-streams",
  "tools-call-error",
  "tools-call-simple-text",
  "tools-call-with-progress",
  "tools-list"
]

const oneObject = "a tool answers with one JSON object, as text and as structure"
const byAddress = "people are asked to open an address and never to fill in a form"
const noPrompts = "there are no prompts"

/** What does not apply, and why. */
export const inapplicable: Readonly<Record<string, string>> = {
  "completion-complete": "there is nothing to complete without prompts and resource templates",
  "dns-rebinding-protection": "the server does not speak HTTP; this would test the bridge",
  "elicitation-sep1034-defaults": byAddress,
  "elicitation-sep1330-enums": byAddress,
  "json-schema-2020-12":
    "it wants `$schema` and `$defs` as written; schemas are generated and, but for recursion, inlined",
  "logging-set-level": "the log goes to stderr and its level comes from the environment",
  "prompts-get-embedded-resource": noPrompts,
  "prompts-get-simple": noPrompts,
  "prompts-get-with-args": noPrompts,
  "prompts-get-with-image": noPrompts,
  "prompts-list": noPrompts,
  "resources-read-binary": "a resource is one JSON object",
  "resources-templates-read": "resources have fixed addresses",
  "server-sse-polling": "the server does not speak HTTP; this would test the bridge",
  "tools-call-audio": oneObject,
  "tools-call-elicitation": byAddress,
  "tools-call-embedded-resource": oneObject,
  "tools-call-image": oneObject,
  "tools-call-mixed-content": oneObject,
  "tools-call-sampling": "nothing is asked of the client's model",
  "tools-call-with-logging": "the log goes to stderr"
}
