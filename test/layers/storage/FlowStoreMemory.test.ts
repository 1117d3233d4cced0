/**
 * `FlowStoreMemory` does what every `FlowStore` does.
 */
import * as FlowStoreMemory from "../../../src/layers/storage/FlowStoreMemory.ts"
import { flowStoreContract } from "../../support/flowStoreContract.ts"

flowStoreContract("FlowStoreMemory", FlowStoreMemory.layer)
