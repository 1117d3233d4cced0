import * as LeasesMemory from "../../../src/layers/storage/LeasesMemory.ts"
import { leasesContract } from "../../support/leasesContract.ts"

leasesContract("LeasesMemory", LeasesMemory.layer)
