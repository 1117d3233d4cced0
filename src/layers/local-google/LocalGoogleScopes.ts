/**
 * The scopes the local Google grants, and the words its consent page has for them.
 */

const google = "https://www.googleapis.com/auth/"

/** Google's own names for the short OpenID scopes; it answers with these whichever were asked for. */
const longNames: Readonly<Record<string, string>> = {
  email: `${google}userinfo.email`,
  profile: `${google}userinfo.profile`
}

/** Granted by choosing an account: no box to tick. */
export const signIn: ReadonlyArray<string> = ["openid", ...Object.values(longNames)]

const words: Readonly<Record<string, string>> = {
  "script.projects": "View and manage Google Apps Script projects",
  "script.projects.readonly": "View Google Apps Script projects",
  "script.deployments": "Create and update Google Apps Script deployments",
  "script.deployments.readonly": "View Google Apps Script deployments",
  "script.processes": "View Google Apps Script processes",
  "script.metrics": "View Google Apps Script project metrics",
  "script.webapp.deploy": "Publish this application as a web app or a service",
  "script.external_request": "Connect to an external service",
  "script.scriptapp": "Allow this application to run when you are not present",
  "drive": "See, edit, create and delete all of your Google Drive files",
  "drive.readonly": "See and download all your Google Drive files",
  "drive.file": "See, edit, create and delete only the Google Drive files you use with this app",
  "drive.metadata.readonly": "See information about your Google Drive files",
  "spreadsheets": "See, edit, create and delete all your Google Sheets spreadsheets",
  "documents": "See, edit, create and delete all your Google Docs documents",
  "forms": "View and manage your forms in Google Drive",
  "gmail.readonly": "View your email messages and settings",
  "gmail.send": "Send email on your behalf",
  "calendar": "See, edit, share and permanently delete all the calendars you can access",
  "service.management": "Manage your Google API service configuration",
  "logging.read": "View log data for your projects",
  "cloud-platform": "See, edit, configure and delete your Google Cloud data",
  "cloud-platform.read-only": "View your data across Google Cloud services"
}

/** The scopes of a `scope` parameter, each once, under Google's long names. */
export const parse = (parameter: string): ReadonlyArray<string> => [
  ...new Set(parameter.split(" ").filter((scope) => scope !== "").map((scope) => longNames[scope] ?? scope))
]

/** Whether Google might have such a scope; the stand-in takes any name under Google's prefix. */
export const isValid = (scope: string): boolean =>
  scope === "openid" || (scope.startsWith(google) && scope.length > google.length)

/** What a scope allows, in a line; a scope without words of its own says its name. */
export const describe = (scope: string): string => words[scope.slice(google.length)] ?? scope
