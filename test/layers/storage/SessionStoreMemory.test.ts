import * as SessionStoreMemory from "../../../src/layers/storage/SessionStoreMemory.ts"
import { sessionStoreContract } from "../../support/sessionStoreContract.ts"

sessionStoreContract("SessionStoreMemory", SessionStoreMemory.layer, 200)
