import { Effect, Layer } from "effect"
import { home, layerAt } from "../../support/sessionsFile.ts"
import { sessionStoreContract } from "../../support/sessionStoreContract.ts"

sessionStoreContract("SessionStoreFile", Layer.unwrap(Effect.map(home, layerAt)), 20)
