/**
 * What one local Google has issued, in memory and for itself alone: two instances in one process share nothing.
 *
 * Nothing expires from here: tokens carry their expiry, the provider checks it, and a stand-in does not live long.
 */
import { type Adapter, type AdapterPayload, errors } from "oidc-provider"

export interface Store {
  /** The provider's view of it: one adapter per model. */
  readonly adapter: (model: string) => Adapter
  /** Whether the account has consented to this client before and has not revoked it. */
  readonly hasConsented: (sub: string, clientId: string) => boolean
  /** Notes that the code of this grant will be exchanged for a refresh token, too. */
  readonly allowRefresh: (grantId: string) => void
  readonly mayRefresh: (grantId: string) => boolean
  /** Forgets what the account has consented to, with all codes and tokens: to one client, or to every one. */
  readonly revoke: (sub: string, clientId?: string) => void
}

const remove = (entries: Map<string, AdapterPayload>, matches: (payload: AdapterPayload) => boolean) => {
  for (const [id, payload] of entries) {
    if (matches(payload)) entries.delete(id)
  }
}

export const make = (): Store => {
  const models = new Map<string, Map<string, AdapterPayload>>()
  const offline = new Set<string>()

  const entriesOf = (model: string): Map<string, AdapterPayload> => {
    const entries = models.get(model) ?? new Map<string, AdapterPayload>()
    models.set(model, entries)
    return entries
  }

  const adapter = (model: string): Adapter => {
    const entries = entriesOf(model)
    return {
      upsert: (id, payload) => {
        entries.set(id, payload)
        return Promise.resolve()
      },
      find: (id) => Promise.resolve(entries.get(id)),
      findByUid: (uid) => Promise.resolve([...entries.values()].find((payload) => payload.uid === uid)),
      findByUserCode: () => Promise.resolve(undefined),
      consume: (id) => {
        const payload = entries.get(id)
        // The provider looks first and consumes later; of two requests that both saw a fresh code only one may have it.
        if (payload === undefined || payload.consumed === true) {
          return Promise.reject(new errors.InvalidGrant("already consumed"))
        }
        entries.set(id, { ...payload, consumed: true })
        return Promise.resolve()
      },
      destroy: (id) => {
        entries.delete(id)
        return Promise.resolve()
      },
      revokeByGrantId: (grantId) => {
        remove(entries, (payload) => payload.grantId === grantId)
        return Promise.resolve()
      }
    }
  }

  return {
    adapter,
    hasConsented: (sub, clientId) =>
      [...entriesOf("Grant").values()].some((payload) => payload.accountId === sub && payload.clientId === clientId),
    allowRefresh: (grantId) => void offline.add(grantId),
    mayRefresh: (grantId) => offline.has(grantId),
    revoke: (sub, clientId) => {
      for (const model of ["Grant", "AuthorizationCode", "AccessToken", "RefreshToken"]) {
        remove(
          entriesOf(model),
          (payload) => payload.accountId === sub && (clientId === undefined || payload.clientId === clientId)
        )
      }
    }
  }
}
